#!/usr/bin/env node
// Plain JavaScript of the oldest syntax, so that an old Node can still read it and say what is missing.
'use strict';
var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    'cordwood needs Node 24 or newer and was started by Node ' +
      process.versions.node +
      ': install a newer one, or start it by npm in a checkout (npm start), which brings its own',
  );
  process.exit(1);
}
require('node:module').enableCompileCache();
var main = require('node:path').join(__dirname, '..', 'dist', 'main.js');
// A package has dist/; a checkout has src/, which Node runs as it is, and where a stale dist/ must not win.
var source = require('node:path').join(__dirname, '..', 'src', 'main.ts');
if (require('node:fs').existsSync(source)) main = source;
import(require('node:url').pathToFileURL(main).href).catch(fail);

function fail(error) {
  console.error(error);
  process.exit(1);
}
