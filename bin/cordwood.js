#!/usr/bin/env node
// Written in old syntax, so that an old Node can run it and print the message below.
'use strict';
var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    'cordwood: cannot run on Node ' +
      process.versions.node +
      ': it needs Node 24 or newer; install that, or in a checkout use "npm start", which brings its own Node',
  );
  process.exit(1);
}
require('node:module').enableCompileCache();
var main = require('node:path').join(__dirname, '..', 'dist', 'main.js');
// A package has only dist/. In a checkout, src/ wins over a dist/ that may be out of date.
var source = require('node:path').join(__dirname, '..', 'src', 'main.ts');
if (require('node:fs').existsSync(source)) main = source;
import(require('node:url').pathToFileURL(main).href).catch(fail);

function fail(error) {
  console.error(error);
  process.exit(1);
}
