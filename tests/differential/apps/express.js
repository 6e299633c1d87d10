// The six protected actions in Express with its own body parsers; `node express.js PORT`. Each notes that it ran.
const fs = require('node:fs');
const express = require('express');

const app = express();
app.set('query parser', 'extended');
app.use(express.json({ strict: false, type: ['*/json', '+json', 'text/plain'] }), express.urlencoded({ extended: true }));
const ran = (action) => (request, response) => {
  fs.appendFileSync(process.env.RUNS, `${action}\n`);
  response.end('ran');
};
const members = (body) => [].concat(body).filter((one) => one && typeof one === 'object');
const values = (request, name) => [request.query[name], ...members(request.body).map((one) => one[name])].flat();
const only = (wanted, action) => (request, response, next) => (wanted(request) ? ran(action)(request, response) : next());
const method = (request) => String(request.get('X-HTTP-Method-Override') ?? values(request, '_method').find(Boolean) ?? request.method).toUpperCase();

app.all(['/admin', '/admin/*rest'], ran('C'));
app.all('/transfer', only((request) => values(request, 'amount').some((value) => Number(value) > 1000), 'A'));
app.all('/users/:user', only((request) => method(request) === 'DELETE', 'B'));
app.all('/export', only((request) => values(request, 'format').some((value) => String(value).trim().toLowerCase() === 'full'), 'D'));
app.all('/graphql', only((request) => values(request, 'query').some((value) => /mutation/.test(value) && /deleteUser/.test(value)), 'E'));
app.all('/rpc', only((request) => members(request.body).some((one) => one.method === 'tools/call' && (one.params?.name ?? one.params?.[0]) === 'wipe'), 'F'));
app.use((request, response) => response.end('other'));
app.use((error, request, response, next) => response.status(400).end('bad'));
app.listen(Number(process.argv[2]), '127.0.0.1');
