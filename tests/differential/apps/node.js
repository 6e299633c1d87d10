// The six protected actions on Node's own server; `node node.js PORT`. Each notes that it ran.
const fs = require('node:fs');
const http = require('node:http');
const querystring = require('node:querystring');
const { parse } = require('node:url');
const zlib = require('node:zlib');

const ran = (action, response) => {
  fs.appendFileSync(process.env.RUNS, `${action}\n`);
  response.end('ran');
};
const many = (value) => (value === undefined ? [] : [].concat(value));
const members = (body) => [].concat(body).filter((one) => one && typeof one === 'object');

function inflate(request, body) {
  try {
    if (request.headers['content-encoding'] === 'gzip') return zlib.gunzipSync(body);
    if (request.headers['content-encoding'] === 'deflate') return zlib.inflateSync(body);
    if (request.headers['content-encoding'] === 'br') return zlib.brotliDecompressSync(body);
  } catch { /* as it is */ }
  return body;
}

function handle(request, response, raw) {
  const { pathname, query } = parse(request.url, true);
  let path;
  try {
    path = require('node:path').posix.normalize(decodeURIComponent(pathname ?? '/')).replace(/\/+$/, '') || '/';
  } catch {
    response.statusCode = 400;
    return response.end('bad path');
  }
  const text = inflate(request, raw).toString();
  const form = querystring.parse(text);
  let json;
  try { json = JSON.parse(text); } catch { json = undefined; }
  const values = (name) => [...many(query[name]), ...many(form[name]), ...members(json).map((one) => one[name])];
  const method = String(request.headers['x-http-method-override'] ?? values('_method').find(Boolean) ?? request.method).toUpperCase();
  if (path === '/admin' || path.startsWith('/admin/')) return ran('C', response);
  if (path === '/transfer' && values('amount').some((value) => Number(value) > 1000 || parseInt(value, 10) > 1000)) return ran('A', response);
  if (/^\/users\/./.test(path) && method === 'DELETE') return ran('B', response);
  if (path === '/export' && values('format').some((value) => String(value).trim().toLowerCase() === 'full')) return ran('D', response);
  if (path === '/graphql' && values('query').some((value) => /mutation/.test(value) && /deleteUser/.test(value))) return ran('E', response);
  const wipes = (one) => one.method === 'tools/call' && (one.params?.name ?? one.params?.[0]) === 'wipe';
  if (path === '/rpc' && members(json).some(wipes)) return ran('F', response);
  return response.end('other');
}

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => handle(request, response, Buffer.concat(pieces)));
  request.on('error', () => {});
});
server.on('upgrade', (request, socket) => {
  handle(request, { end: () => socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n') }, Buffer.alloc(0));
});
server.listen(Number(process.argv[2]), '127.0.0.1');
