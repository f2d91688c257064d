// Rules for the files of the page.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readFileSync, readdirSync } from 'node:fs';

const PAGE = new URL('../../src/agent/http/page/', import.meta.url);
const read = (name) => readFileSync(new URL(name, PAGE), 'utf8');
const own = readdirSync(PAGE).filter((name) => /\.(js|css|html|svg)$/.test(name));
const require = createRequire(import.meta.url);

describe('the files of the page', () => {
  it('have at most 250 lines', () => {
    const long = own.map((name) => [name, read(name).split('\n').length - 1]).filter(([name, lines]) => lines > 250 && !name.endsWith('.css'));
    assert.deepEqual(long, []);
  });
  it('never parse a string as HTML or as code, and set no style attribute', () => {
    const forbidden = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|setAttribute\('(style|on)|srcdoc|javascript:/;
    for (const name of own) assert.doesNotMatch(read(name), forbidden, name);
  });
  it('have no inline script or style, and load nothing from elsewhere', () => {
    assert.doesNotMatch(read('index.html'), /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc="\/page\/)|https?:\/\//);
    for (const name of own.filter((name) => name.endsWith('.css'))) assert.doesNotMatch(read(name), /@import|url\(/, name);
  });
  it('import only files that are there', () => {
    const served = [...own, ...readdirSync(new URL('vendor/', PAGE))];
    for (const name of own.filter((name) => name.endsWith('.js'))) {
      for (const [, file] of read(name).matchAll(/(?:from|import) '\.\/([^']+)'/g)) assert.ok(served.includes(file), `${name}: ${file}`);
    }
  });
  it('are all asked for at once, not one import after the other', () => {
    const html = read('index.html');
    const modules = [...own.filter((name) => name.endsWith('.js') && !['app.js', 'theme.js'].includes(name)), 'markdown-it.min.js'];
    const preloaded = [...html.matchAll(/rel="modulepreload" href="\/page\/([^"]+)"/g)].map(([, name]) => name);
    assert.deepEqual(preloaded.sort(), modules.sort());
  });
  it('hold markdown-it as its package has it', () => {
    const published = join(dirname(require.resolve('markdown-it/package.json')), 'dist/markdown-it.min.js');
    assert.equal(read('vendor/markdown-it.min.js'), readFileSync(published, 'utf8'));
    const { version } = require('markdown-it/package.json');
    assert.match(read('vendor/LICENSE.markdown-it.txt'), new RegExp(`==== markdown-it ${version} ====`));
  });
});

describe('the lock file', () => {
  it('names versions and checksums, and no registry', () => {
    const lock = readFileSync(new URL('package-lock.json', import.meta.url), 'utf8');
    assert.doesNotMatch(lock, /"resolved"/);
    for (const [name, { integrity }] of Object.entries(JSON.parse(lock).packages)) if (name) assert.ok(integrity, name);
  });
});
