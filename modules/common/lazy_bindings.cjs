// Preloaded into the jsii process by bindings.py, which says why: answers a request for a provider package's
// lib/index.js (it loads every resource) with the lib/lazy-index.js that the package ships (the same names, as getters).
"use strict";

const fs = require("fs");
const Module = require("module");
const path = require("path");

const EAGER_INDEX = /[\\/]@cdktf[\\/]provider-[a-z]+[\\/]lib[\\/]index\.js$/;
const resolve = Module._resolveFilename;

Module._resolveFilename = function (...request) {
  const file = resolve.apply(this, request);
  if (!EAGER_INDEX.test(file)) return file;
  const lazy = path.join(path.dirname(file), "lazy-index.js");
  if (fs.existsSync(lazy)) return lazy;
  process.stderr.write(`no ${lazy}; loading the whole package, which is slow\n`);
  return file;
};
