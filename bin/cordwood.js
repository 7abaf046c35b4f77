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
var path = require('node:path');
keepCompiledCode();
var main = path.join(__dirname, '..', 'dist', 'main.js');
// A package has only dist/. In a checkout, src/ wins over a dist/ that may be out of date.
var source = path.join(__dirname, '..', 'src', 'main.ts');
if (require('node:fs').existsSync(source)) main = source;
import(require('node:url').pathToFileURL(main).href).catch(fail);

// Without this, each thread compiles the program at each start: it would take half as much CPU time again.
function keepCompiledCode() {
  var folder = process.env.NODE_COMPILE_CACHE || cacheFolder();
  if (!folder) return;
  require('node:module').enableCompileCache(folder);
  // Threads read this variable when they start.
  process.env.NODE_COMPILE_CACHE = folder;
}

// A folder that only this user can write: compiled code of another user would run with this user's rights.
function cacheFolder() {
  var env = process.env;
  var base = env.XDG_CACHE_HOME || require('node:os').homedir();
  if (env.CACHE_DIRECTORY) return env.CACHE_DIRECTORY.split(':')[0];
  try {
    if (require('node:fs').statSync(base).uid !== process.getuid()) return undefined;
    return path.join(base, env.XDG_CACHE_HOME ? 'cordwood' : '.cache/cordwood');
  } catch (_) {
    return undefined;
  }
}

function fail(error) {
  console.error(error);
  process.exit(1);
}
