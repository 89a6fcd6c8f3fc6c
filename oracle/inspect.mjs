// A small client of the inspector protocol: heap snapshots and recordings over WebSocket.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import WebSocket from 'ws';

export class Session {
  constructor(socket) {
    this.socket = socket;
    this.calls = new Map();
    this.listeners = new Map();
    this.lastId = 0;
    socket.on('message', (data) => {
      const message = JSON.parse(data);
      if (message.id) {
        const { resolve, reject, method } = this.calls.get(message.id);
        this.calls.delete(message.id);
        if (message.error) reject(new Error(`${method}: ${message.error.message}`));
        else resolve(message.result);
      } else this.listeners.get(message.method)?.(message.params);
    });
    socket.on('close', () => {
      for (const { reject, method } of this.calls.values()) reject(new Error(`${method}: connection closed`));
    });
  }
  static async connect(url) {
    const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 1 << 30 });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new Session(socket);
  }
  send(method, params = {}) {
    return new Promise((resolve, reject) => {
      const id = ++this.lastId;
      this.calls.set(id, { resolve, reject, method });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }
  on(event, listener) {
    this.listeners.set(event, listener);
  }
  close() {
    this.socket.terminate();
  }

  /** Calls `method`, which sends a snapshot in pieces, and writes them into `file`. */
  async chunksTo(file, method, params) {
    const fd = fs.openSync(file, 'w');
    let last = Date.now();
    this.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => {
      fs.writeSync(fd, chunk);
      last = Date.now();
    });
    await this.send(method, params);
    // Some servers answer before they have sent every piece.
    while (Date.now() - last < 300) await new Promise((r) => setTimeout(r, 50));
    fs.closeSync(fd);
  }
}

/** Starts a program and waits until `pattern` shows up in what it prints; gives the match. */
export function start(command, args, pattern, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const found = new Promise((resolve, reject) => {
    let text = '';
    const look = (data) => {
      text += data;
      const match = pattern.exec(text);
      if (match) resolve(match);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.on('error', reject);
    child.on('exit', (code, signal) => reject(new Error(`${command} ended (${signal ?? code}):\n${text.slice(-2000)}`)));
    setTimeout(() => reject(new Error(`${command}: no ${pattern} within 60 s:\n${text.slice(-2000)}`)), 60_000).unref();
  });
  return { child, found };
}

export function getJson(url) {
  return new Promise((resolve, reject) => {
    http.get(url, (response) => {
      let text = '';
      response.on('data', (d) => (text += d));
      response.on('end', () => {
        try {
          resolve(JSON.parse(text));
        } catch (error) {
          reject(error);
        }
      });
    }).on('error', reject);
  });
}
