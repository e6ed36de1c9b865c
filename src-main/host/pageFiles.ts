/** The built page as static files: only names that exist in its folder are served. Test: test/main/host/server.test.ts. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { containedPath } from '../platform/contained.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.map': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

export async function servePageFile(folder: string, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = path === '/' ? 'index.html' : path.slice(1);
  const type = TYPES[extname(name)];
  const file = type === undefined || name.split('/').some((part) => part.startsWith('.')) ? null : fileIn(folder, name);
  const found = file ? await stat(file).catch(() => null) : null;
  if (!file || !found?.isFile()) {
    if (name !== 'index.html') return respond(response, 404, 'text/plain; charset=utf-8', 'Not found');
    return respond(
      response,
      503,
      'text/html; charset=utf-8',
      '<!doctype html><title>Tracklet Workbench</title><p>The page is not built. Start the program with "npm start", which builds it.',
    );
  }
  // Names under assets/ carry a hash of their content.
  const cache = name.startsWith('assets/') ? 'private, max-age=31536000, immutable' : 'no-cache';
  const etag = `"${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}"`;
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag, 'cache-control': cache });
    response.end();
    return;
  }
  response.writeHead(200, { 'content-type': type, 'content-length': found.size, 'cache-control': cache, etag });
  if (request.method === 'HEAD') return void response.end();
  await new Promise<void>((resolve) => {
    const stream = createReadStream(file);
    stream.on('error', () => response.destroy());
    stream.on('close', resolve);
    stream.pipe(response);
  });
}

function fileIn(folder: string, name: string): string | null {
  try {
    return containedPath(join(folder), name);
  } catch {
    return null;
  }
}

function respond(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}
