#!/usr/bin/env python3
"""Writes more.jsonl: the vectors of our own, beside bypass.jsonl and in its format. `expect` is `safe` or `pass`. Standard library only."""

import base64, gzip, json, os, zlib

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS, COUNT = [], {}
FORM = 'application/x-www-form-urlencoded'
SMUGGLED = 'GET /admin/settings HTTP/1.1\r\nHost: app.test\r\nX: y\r\n\r\n'
PROTECTED = {
    'A': 'A: POST /transfer with amount over 1000', 'B': 'B: DELETE /users/{id}', 'C': 'C: any request to /admin/**',
    'D': 'D: GET /export?format=full', 'E': 'E: GraphQL mutation deleteUser', 'F': 'F: JSON-RPC tools/call of wipe',
    'ID': 'identity or approval asserted to the application', None: 'nothing',
}


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode('latin-1')


def row(cls, action, method, target, why, headers=(), body=None, safe=('hold', 'reject'), expect='safe', tier=1, raw=None,
        host='app.test', version='HTTP/1.1', length=True):
    COUNT[cls] = COUNT.get(cls, 0) + 1
    fields = ([['Host', host]] if host is not None else []) + [list(pair) for pair in headers]
    named = {name.strip().lower() for name, _ in fields}
    if body is not None and length and not named & {'content-length', 'transfer-encoding'}:
        fields.append(['Content-Length', str(len(as_bytes(body)))])
    if raw is None:
        head = f'{method} {target} {version}\r\n' + ''.join(f'{name}: {value}\r\n' for name, value in fields) + '\r\n'
        raw = head.encode('latin-1') + as_bytes(body or '')
    out = {
        'id': f'more-{cls}-{COUNT[cls]:03}', 'class': cls, 'action': action, 'tier': tier, 'method': method, 'raw_target': target,
        'headers': fields, 'body': None, 'http': '1.1', 'protected': PROTECTED[action], 'why': why, 'safe': list(safe), 'expect': expect,
    }
    if body is not None:
        out['body_b64'] = base64.b64encode(as_bytes(body)).decode()
    out['raw_b64'] = base64.b64encode(raw).decode()
    ROWS.append(out)


def h2(action, fields, why, body='', safe=('hold', 'reject', 'neutralize')):
    COUNT['http2'] = COUNT.get('http2', 0) + 1
    ROWS.append({
        'id': f"more-http2-{COUNT['http2']:03}", 'class': 'http2', 'action': action, 'tier': 1, 'method': dict(fields).get(':method', ''),
        'raw_target': dict(fields).get(':path', ''), 'headers': [list(pair) for pair in fields], 'body': None, 'http': '2',
        'protected': PROTECTED[action], 'why': why, 'safe': list(safe), 'expect': 'safe',
        'body_b64': base64.b64encode(as_bytes(body)).decode(),
    })


# ---- paths
for target, why in [
    ('/public/%2e%2e;/admin/settings', 'encoded dots with a parameter'),
    ('/public/..%3b/admin/settings', 'the semicolon encoded'),
    ('/public/..%253b/admin/settings', 'the semicolon encoded twice'),
    ('/public/%252e%252e/admin/settings', 'dots encoded twice'),
    ('/public/%2e%252e/admin/settings', 'dots encoded once and twice'),
    ('/public/%25252e%25252e/admin/settings', 'dots encoded three times'),
    ('/public/..%252fadmin/settings', 'slash encoded twice behind dots'),
    ('/public/..%00/admin/settings', 'NUL behind dots'),
    ('/public/.%00./admin/settings', 'NUL between dots'),
    ('/public/%00../admin/settings', 'NUL before dots'),
    ('/adm%00in/settings', 'NUL left out'),
    ('/public/%c0%ae%c0%ae/admin/settings', 'overlong dots'),
    ('/public/%e0%80%ae%e0%80%ae/admin/settings', 'overlong dots of three bytes'),
    ('/admin%c0%afsettings', 'overlong slash'),
    ('/public/..%c0%afadmin/settings', 'overlong slash behind dots'),
    ('/%c1%81dmin/settings', 'overlong capital'),
    ('/admin%u002fsettings', 'IIS escape of a slash'),
    ('/%u0061dmin/settings', 'IIS escape of a letter'),
    ('/%u0041dmin/settings', 'IIS escape of a capital'),
    ('/public/%u002e%u002e/admin/settings', 'IIS escape of dots'),
    ('/%uff41dmin/settings', 'IIS escape of a full-width letter'),
    ('/%25u0061dmin/settings', 'IIS escape encoded'),
    ('/%EF%BD%81dmin/settings', 'full-width letter'),
    ('/public/%EF%BC%8E%EF%BC%8E/admin/settings', 'full-width dots'),
    ('/public/%E2%80%A5/admin/settings', 'two-dot leader, which NFKC makes two dots'),
    ('/admin%E2%88%95settings', 'division slash'),
    ('/admin%E2%81%84settings', 'fraction slash'),
    ('/%E2%93%90dmin/settings', 'circled letter'),
    ('/adm%C4%B1n/settings', 'dotless i'),
    ('/adm%C3%ADn/settings', 'accent dropped by a collation'),
    ('/admin%CC%81/settings', 'combining accent'),
    ('/public\\..\\admin\\settings', 'raw backslashes'),
    ('/public/..\\admin/settings', 'slash and backslash mixed'),
    ('/public/..%5cadmin/settings', 'encoded backslash behind dots'),
    ('/public%5c..%5cadmin%5csettings', 'encoded backslashes throughout'),
    ('/%5cadmin/settings', 'encoded backslash for a second slash'),
    ('/public/..%255cadmin/settings', 'backslash encoded twice'),
    ('//app.test/admin/settings', 'network path: a URL parser takes the host out'),
    ('//x/admin/settings', 'network path of another host'),
    ('///admin/settings', 'three slashes'),
    ('/.//admin/settings', 'dot and empty segment'),
    ('/%2e/admin/settings', 'encoded single dot'),
    ('/./admin/./settings', 'single dots'),
    ('/x/..//admin/settings', 'dots then an empty segment'),
    ('/x//../admin/settings', 'an empty segment counts for dots or not'),
    ('/../admin/settings', 'above the root'),
    ('/%2e%2e/admin/settings', 'above the root, encoded'),
    ('/admin/', 'trailing slash'),
    ('/admin//', 'trailing slashes'),
    ('/admin/.', 'trailing dot segment'),
    ('/admin;/settings', 'empty parameter'),
    ('/admin;a;b=c/settings', 'several parameters'),
    ('/admin%3b/settings', 'encoded semicolon'),
    ('/admin%3bx%3d1/settings', 'encoded parameter'),
    ('/;x/..;y/admin/settings', 'parameters of an empty and a dot segment'),
    ('/admin;%2e%2e/settings', 'parameter of encoded dots'),
    ('/admin%09/settings', 'tab at the end of a segment'),
    ('/adm%09in/settings', 'tab, which URL parsers drop'),
    ('/adm%0ain/settings', 'newline, which URL parsers drop'),
    ('/admin%0d%0a/settings', 'line end'),
    ('/admin%1f', 'unit separator, a blank for Python'),
    ('/admin%85/settings', 'next line, a blank in Latin-1'),
    ('/admin./settings', 'trailing dot of a segment, dropped by Windows'),
    ('/admin%2e/settings', 'the same encoded'),
    ('/admin%20/settings', 'trailing blank of a segment'),
    ('/admin.%20./settings', 'dots and blanks'),
    ('/%41%44%4d%49%4e/settings', 'capitals, encoded'),
    ('/%2541dmin/settings', 'letter encoded twice'),
    ('/%25%36%31dmin/settings', 'letter encoded digit by digit'),
    ('/%%36%31dmin/settings', 'stray percent before an escape'),
    ('/a%dmin/settings', 'stray percent, dropped'),
    ('/admin%/settings', 'stray percent at an end'),
    ('/admin%23/settings', 'encoded fragment'),
    ('/admin%3fx', 'encoded query mark'),
    ('/admin%253fx', 'query mark encoded twice'),
    ('/admin.json', 'format suffix'),
    ('/admin.html', 'format suffix of pages'),
    ('/admin%2ejson', 'encoded format suffix'),
    ('/public%2f..%2f..%2fadmin', 'all encoded'),
    ('/admin/settings?x=/../../public', 'dots in the query do not count'),
    ('/admin?/../public', 'query begins with a path'),
    ('/public/%2e%2e%2fadmin%2fsettings', 'dots and slash encoded'),
    ('/public/%2E%2E/ADMIN/settings', 'dots and capitals'),
]:
    row('path', 'C', 'GET', target, why)
for target, why in [
    ('/admin/../public', 'literal first segment is what some servers route by'),
    ('/admin/%2e%2e/public', 'the same, encoded'),
    ('/admin%2f..%2fpublic', 'the same, all encoded'),
    ('/admin/..;/public', 'the same with a parameter'),
    ('/admin\\..\\public', 'the same with backslashes'),
]:
    row('path', 'C', 'GET', target, why, safe=('hold', 'reject', 'neutralize'))
for target, why in [
    ('/users/42%00', 'NUL at the end'), ('/users/42;x', 'parameter'), ('/USERS/42', 'capitals'), ('/u%C5%BFers/42', 'long s'),
    ('/users/42.json', 'format suffix'), ('/users%2f42', 'encoded slash'), ('/./users/42', 'dot segment'), ('/users/4%2f..%2f42', 'encoded dots'),
    ('//users//42//', 'empty segments'), ('/users\\42', 'backslash'), ('/users/%2e/42', 'encoded dot'), ('/users/42?x=%2f', 'query'),
    ('/users/42%00/orders', 'NUL cuts what follows'), ('/users/42%3f/orders', 'query mark cuts what follows'), ('/users/42%23/orders', 'fragment cuts what follows'),
    ('/users/42%3fx', 'encoded query mark'), ('/users/42%23x', 'encoded fragment'), ('/users/42%20', 'blank'), ('/users/x/..;/42', 'parameter at dots'),
]:
    row('path', 'B', 'DELETE', target, why)
for target, why in [
    ('/transfer%20', 'blank'), ('/transfer;x=1', 'parameter'), ('/transfer%2f', 'encoded slash'), ('//transfer', 'empty segment'),
    ('/TRANSFER', 'capitals'), ('/transfer.php', 'format suffix'), ('/x/../transfer', 'dots'), ('/transfer%00.png', 'NUL'),
    ('/%74ransfer', 'encoded letter'), ('/transfer\\', 'backslash'), ('/.;/transfer', 'parameter at a dot'),
]:
    row('path', 'A', 'POST', target, why, [('Content-Type', FORM)], 'amount=5000')
row('path', 'A', 'POST', '/transfer%3famount=5000', 'encoded query mark opens the query', [('Content-Type', FORM)], '')
row('path', 'A', 'POST', '/transfer;amount=5000', 'field as a path parameter', [('Content-Type', FORM)], 'x=1')
for target in ['/graphql%2f', '//graphql', '/graphql;x', '/GRAPHQL', '/x/..%2fgraphql']:
    row('path', 'E', 'POST', target, 'another spelling of the endpoint', [('Content-Type', 'application/json')],
        '{"query":"mutation{deleteUser(id:1){id}}"}')
WIPE = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe","arguments":{}}}'
for target in ['/rpc/', '//rpc', '/rpc;x', '/RPC', '/%72pc', '/rpc%20', '/./rpc']:
    row('path', 'F', 'POST', target, 'another spelling of the endpoint', [('Content-Type', 'application/json')], WIPE)

# ---- queries
for target, why in [
    ('/export?format=full&format=summary', 'the first counts'), ('/export?FORMAT[]=full', 'capitals and brackets'),
    ('/export?format%00=full', 'NUL in the name'), ('/export?format%00x=full', 'NUL cuts the name'), ('/export?format[0]=full', 'index'),
    ('/export?%66%6f%72%6d%61%74=full', 'encoded name'), ('/export?%2566ormat=full', 'name encoded twice'),
    ('/export?format=%2566ull', 'value encoded twice'), ('/export?format=%66%75%6c%6c', 'encoded value'),
    ('/export?;format=full', 'semicolon first'), ('/export?x;format=full', 'semicolon'), ('/export?format=full;x', 'semicolon behind'),
    ('/export?format+=full', 'blank behind the name'), ('/export?%09format=full', 'tab before the name'),
    ('/export?&&format=full', 'empty parameters'), ('/export?format=full%0a', 'newline behind the value'),
    ('/export?%EF%BB%BFformat=full', 'byte order mark before the name'), ('/export?format%5B%5D=full', 'encoded brackets'),
    ('/export?format%5b=full', 'open bracket'), ('/export?format=FULL', 'capitals'), ('/export?%u0066ormat=full', 'IIS escape in the name'),
    ('/export?format=%u0066ull', 'IIS escape in the value'), ('/export?%22format%22=full', 'quoted name'),
    ('/export/?format=full', 'trailing slash'), ('/export;format=full?format=summary', 'path parameter and query'),
    ('/export%3fformat=full', 'encoded query mark'), ('/export?a=1%26format%3Dfull', 'decoded before it is split'),
    ('/export?format=full%23', 'encoded fragment behind the value'), ('/export?format=%00&format=full', 'empty by NUL, then full'),
    ('/export?x=%26;format=full', 'encoded ampersand, then a semicolon'),
]:
    row('query', 'D', 'GET', target, why)
row('query', 'D', 'HEAD', '/export?FORMAT=full', 'HEAD and capitals')
row('query', 'D', 'POST', '/export', 'as a form', [('Content-Type', FORM)], 'format=full')
row('query', 'A', 'POST', '/transfer?AMOUNT=5000', 'capitals in the query', [('Content-Type', FORM)], 'amount=1')
row('query', 'A', 'POST', '/transfer?amount[]=5000', 'brackets in the query', [('Content-Type', 'application/json')], '{"amount":1}')
row('query', 'A', 'GET', '/transfer?amount=5000', 'the same action by GET')

# ---- methods
for header, value, why in [
    ('X-HTTP-Method-Override', 'delete', 'lower case'), ('x_http_method_override', 'DELETE', 'underscores'),
    ('X-HTTP_Method-Override', 'DELETE', 'an underscore'), ('X-HTTP-Method-Override', 'PUT, DELETE', 'list'),
    ('X-Forwarded-Method', 'DELETE', 'forwarded method'), ('X-HTTP-METHOD-OVERRIDE', ' DELETE\t', 'blanks'),
    ('X-Method-Override', 'Delete', 'capital'), ('X.HTTP.Method.Override', 'DELETE', 'dots'),
]:
    row('method', 'B', 'POST', '/users/42', why, [(header, value)], '', safe=('hold', 'reject', 'neutralize') if 'Forwarded' in header else ('hold', 'reject'))
for body, why in [
    ('_method=delete', 'lower case'), ('_METHOD=DELETE', 'name in capitals'), ('_method[]=DELETE', 'brackets'), ('x=1;_method=DELETE', 'semicolon'),
    ('_method=GET&_method=DELETE', 'twice'), ('%5fmethod=DELETE', 'encoded'), ('_method%00=DELETE', 'NUL'), ('.method=DELETE', 'PHP makes the dot an underscore'),
    ('[method=DELETE', 'PHP makes the bracket an underscore'), ('_method=+DELETE', 'blank'),
]:
    row('method', 'B', 'POST', '/users/42', why, [('Content-Type', FORM)], body)
row('method', 'B', 'POST', '/users/42?_method=DELETE', 'in the query', [('Content-Type', FORM)], 'x=1')
row('method', 'B', 'POST', '/users/42?%5Fmethod=DELETE', 'in the query, encoded', [('Content-Type', FORM)], 'x=1')
row('method', 'B', 'GET', '/users/42?_method=DELETE', 'on GET')
row('method', 'B', 'PUT', '/users/42', 'header on PUT', [('X-HTTP-Method', 'DELETE')], '')
row('method', 'B', 'PATCH', '/users/42', 'in JSON on PATCH', [('Content-Type', 'application/json')], '{"_method":"DELETE"}')
row('method', 'B', 'POST', '/users/42', 'in JSON, escaped', [('Content-Type', 'application/json')], '{"\\u005fmethod":"DELETE"}')
row('method', 'B', 'POST', '/users/42', 'in a text', [('Content-Type', 'text/plain')], '_method=DELETE')
row('method', 'B', 'POST', '/users/42', 'no content type', [], '_method=DELETE')
row('method', 'B', 'HEAD', '/users/42', 'header on HEAD', [('X-HTTP-Method-Override', 'DELETE')])
row('method', 'B', 'Delete', '/users/42', 'mixed case')
row('method', 'C', 'GEt', '/admin/settings', 'mixed case on a route of any method')
row('method', 'C', 'TRACE', '/admin/settings', 'TRACE')
row('method', 'C', 'CONNECT', '/admin/settings', 'CONNECT with a path')
row('method', 'C', 'PROPFIND', '/admin/settings', 'WebDAV')
row('method', 'C', 'COPY', '/public/x', 'WebDAV destination, relative', [('Destination', '/admin/settings')])
row('method', 'C', 'POST', '/public/x', 'WebDAV by an override', [('X-HTTP-Method-Override', 'MOVE'), ('Destination', '/admin/settings')], '',
    safe=('hold', 'reject', 'neutralize'))
row('method', 'C', 'POST', '/public/x?_method=COPY', 'WebDAV by a parameter', [('Destination', '/admin/settings')], '', safe=('hold', 'reject', 'neutralize'))

# ---- headers that name another path
for name, value, target in [
    ('X-Rewrite-URL', '/admin/settings', '/public'), ('X-Original-URI', '/admin/settings', '/public'), ('X-Forwarded-Path', '/admin/settings', '/public'),
    ('X_Original_URL', '/admin/settings', '/public'), ('X-Original_URL', '/admin/settings', '/public'), ('x_rewrite_url', '/admin/settings', '/'),
    ('X-Script-Name', '/admin', '/settings'), ('Script-Name', '/admin', '/settings'), ('SCRIPT_NAME', '/admin', '/settings'),
    ('X_Forwarded_Prefix', '/admin', '/settings'), ('X-Forwarded-Prefix', '/admin/', '/settings'), ('X-Forwarded-URI', '/%61dmin/settings', '/public'),
    ('X.Original.URL', '/admin/settings', '/public'), ('X-Original-URL', 'admin/settings', '/public'),
]:
    row('rewrite-header', 'C', 'GET', target, f'{name} names another path', [(name, value)], safe=('hold', 'reject', 'neutralize'))

# ---- hosts
for host, why in [
    ('app.test.', 'trailing dot'), ('APP.test:8080', 'capitals and port'), ('app.test:0080', 'port with zeros'), ('\tapp.test', 'tab before'),
    ('x@app.test', 'userinfo'), ('app.test#x', 'fragment'), ('app.test?x', 'query'), ('app.test\\x', 'backslash'), ('app.test, app.test', 'twice in one'),
    ('[::1]', 'address literal'), ('localhost', 'default host'), ('', 'empty'),
]:
    row('host', 'C', 'GET', '/admin/settings', why, host=host)
row('host', 'C', 'GET', '/admin/settings', 'two of them', [('Host', 'public.test')])
row('host', 'C', 'GET', '/admin/settings', 'two of them, the other first', [('Host', 'app.test')], host='public.test')
row('host', 'C', 'GET', '/admin/settings', 'none', host=None)
row('host', 'C', 'GET', '/admin/settings', 'X-Host', [('X-Host', 'app.test')], host='public.test')
row('host', 'C', 'GET', '/admin/settings', 'X_Forwarded_Host', [('X_Forwarded_Host', 'app.test')], host='public.test')
row('target-form', 'C', 'GET', 'http://app.test:80/admin/settings', 'absolute form with a port')
row('target-form', 'C', 'GET', 'https://app.test/admin/settings', 'absolute form of another scheme')
row('target-form', 'C', 'GET', 'http:/admin/settings', 'scheme and path')
row('target-form', 'C', 'GET', 'http:///admin/settings', 'empty authority')
row('target-form', 'C', 'GET', '*/../admin/settings', 'asterisk and dots')
row('target-form', 'C', 'GET', '/admin/settings\x0b', 'vertical tab in the line')
row('target-form', 'C', 'GET', '/admin\xa0/settings', 'raw NBSP')
row('target-form', 'C', 'GET', '/\xc3\xa1dmin/settings', 'raw UTF-8')
row('target-form', 'C', 'GET', '/admin/settings', 'version 1.2', version='HTTP/1.2')
row('target-form', 'C', 'GET', '/admin/settings', 'version 2.0 in the line', version='HTTP/2.0')
row('target-form', 'C', 'GET', '/admin/settings', 'version with zeros', version='HTTP/01.1')

# ---- identity and approval
for pairs, why in [
    ([('X_Forwarded_User', 'admin')], 'underscores'), ([('X-Forwarded_User', 'admin')], 'one underscore'), ([('x_remote_user', 'admin')], 'underscores, lower case'),
    ([('Remote_User', 'admin')], 'underscore'), ([('REMOTE-USER', 'admin')], 'capitals'), ([('X-Forwarded-Groups', 'admins'), ('X_Forwarded_Groups', 'root')], 'both spellings'),
    ([('X-Forwarded-Preferred-Username', 'admin')], 'preferred name'), ([('X-Forwarded-Email', 'admin@app.test')], 'address'),
    ([('X-Countersign-Approval-Id', 'held_1')], 'approval id'), ([('X_Countersign_User', 'admin')], 'own name with underscores'),
    ([('X!Forwarded!User', 'admin')], 'other signs'), ([('X-WebAuth-User', 'admin'), ('X-Webauth-User', 'root')], 'twice'),
    ([('X-Auth-Request-User', ''), ('X-Auth-Request-User', 'admin')], 'empty, then stated'), ([('X-Remote-User', 'admin')], 'remote user'),
]:
    row('identity-spoof', 'ID', 'GET', '/public', why, pairs, safe=('hold', 'reject', 'neutralize'))

# ---- forms
for body, why in [
    ('amount[0]=5000', 'index'), ('amount[value]=5000', 'member'), ('amount%5b%5d=5000', 'encoded brackets'), ('amount%00=5000', 'NUL'),
    ('amount%20=5000', 'blank behind'), ('AMOUNT=5000', 'capitals'), ('amount[=5000', 'open bracket'), ('%09amount=5000', 'tab before'),
    ('"amount"=5000', 'quoted'), ('amount=%205000', 'blank before the value'), ('amount=5,000', 'comma'), ('amount=5.000', 'point for thousands'),
    ("amount=5'000", 'apostrophe'), ('amount=5_000', 'underscore'), ('amount=5%C2%A0000', 'NBSP within'), ('amount=%D9%A5%D9%A0%D9%A0%D9%A0', 'Arabic digits'),
    ('amount=%EF%BC%95%EF%BC%90%EF%BC%90%EF%BC%90', 'full-width digits'), ('amount=%E0%A5%AB%E0%A5%A6%E0%A5%A6%E0%A5%A6', 'Devanagari digits'),
    ('amount=1e4', 'exponent'), ('amount=.1e5', 'exponent without a whole'), ('amount=1E%2B4', 'exponent with a sign'), ('amount=0b1111111111111', 'binary'),
    ('amount=0o7777', 'octal'), ('amount=017777', 'old octal'), ('amount=0X1388', 'hexadecimal, capital'), ('amount=Infinity', 'infinite'), ('amount=inf', 'infinite, short'),
    ('amount=$5000', 'currency before'), ('amount=%E2%82%AC5000', 'euro before'), ('amount=5000EUR', 'currency behind'), ('amount=5000%00', 'NUL behind'),
    ('amount=1000.01', 'a cent'), ('amount=1000.0000000000000000000000000001', 'a very small part'), ('amount=1001e0', 'exponent of nothing'), ('amount=%0b5000', 'vertical tab'),
    ('amount=%225000%22', 'quoted value'), ('amount=5000;x=1', 'semicolon behind'), ('x=1;amount=5000', 'semicolon before'), ('amount=1&amount=5000&amount=1', 'in the middle'),
    ('&&amount=5000&&', 'empty pairs'), ('amount=0005000', 'zeros before'), ('amount=4294968296', 'wraps at 32 bits'), ('amount=--5000&amount=5000', 'nonsense first'),
    ('%EF%BB%BFamount=5000', 'encoded byte order mark'), ('am%256funt=5000', 'encoded twice'), ('%u0061mount=5000', 'IIS escape'), ('amount=%u0035000', 'IIS escape in the value'),
    ('\r\namount=5000', 'line end before'), ('amount=5000\r\n', 'line end behind'), ('__proto__[amount]=5000&amount=5000', 'prototype'), ('amount=1\r\namount=5000', 'two lines'),
]:
    if why in ('prototype', 'two lines'):
        continue
    row('form-body', 'A', 'POST', '/transfer', why, [('Content-Type', FORM)], body)

# ---- content types
JSON = '{"amount":5000}'
XML = '<?xml version="1.0"?><transfer><amount>5000</amount></transfer>'
for kind, body, why in [
    (FORM, JSON, 'JSON as a form'), (FORM, '{"amount":5000}=', 'JSON as a name'), ('application/json', 'amount=5000', 'a form as JSON'), (FORM, XML, 'XML as a form'),
    ('application/json', XML, 'XML as JSON'), ('application/xml', JSON, 'JSON as XML'), ('multipart/form-data; boundary=B', 'amount=5000', 'a form as multipart'),
    ('multipart/form-data', 'amount=5000', 'multipart without a boundary'), ('text/plain', 'amount=5000', 'a form as text'), ('text/plain;charset=utf-8', JSON, 'JSON as text'),
    ('application/vnd.api+json', JSON, 'suffix'), ('application/hal+json;charset=utf-8', JSON, 'suffix and parameter'), ('text/json', JSON, 'old name'),
    ('application/x-json', JSON, 'old name'), ('application/json5', '{amount:5000}', 'JSON5'), ('application/x-ndjson', '{"a":1}\n{"amount":5000}\n', 'lines of JSON'),
    ('application/json-seq', '\x1e{"amount":5000}\n', 'sequence'), ('text/xml', XML, 'XML as text'), ('application/soap+xml', XML, 'SOAP'), ('image/svg+xml', XML, 'picture'),
    ('application/x-yaml', 'amount: 5000\n', 'YAML'), ('text/yaml', '"amount": 5000\n', 'YAML with quotes'), ('application/msgpack', b'\x81\xa6amount\xcd\x13\x88', 'MessagePack'),
    ('application/octet-stream', JSON, 'bytes'), ('*/*', JSON, 'anything'), ('/', 'amount=5000', 'a slash'), ('json', JSON, 'a word'), ('', 'amount=5000', 'empty'),
    ('application/json, text/plain', JSON, 'list'), ('application/json;;', JSON, 'empty parameters'), ('application/json; charset', JSON, 'parameter without a value'),
    ('"application/json"', JSON, 'quoted'), ('application/json/x', JSON, 'too many parts'), ('application /json', JSON, 'blank within'), (FORM + '\x0b', 'amount=5000', 'vertical tab behind'),
    (FORM + '; boundary=B', 'amount=5000', 'boundary of a form'), ('application/x-www-form-urlencoded-v2', 'amount=5000', 'longer name'), ('x/' + 'y' * 300, JSON, 'very long'),
]:
    row('content-type', 'A', 'POST', '/transfer', why, [('Content-Type', kind)], body)
row('content-type', 'A', 'POST', '/transfer', 'underscore beside the true one', [('Content_Type', 'text/plain'), ('Content-Type', FORM)], 'amount=5000')
row('content-type', 'A', 'POST', '/transfer', 'underscore alone', [('Content_Type', FORM)], 'amount=5000')
row('content-type', 'A', 'POST', '/transfer', 'twice, the harmless first', [('Content-Type', 'text/plain'), ('content-type', 'application/json')], JSON)

# ---- charsets
for kind, body, why in [
    (f'{FORM}; charset=utf-7', '+AGE-mount=5000', 'UTF-7'),
    ('application/json; charset=utf-7', '{"+AGE-mount":5000}', 'UTF-7 in JSON'), (f'{FORM}; charset=utf-16be', 'amount=5000'.encode('utf-16-be'), 'UTF-16BE'),
    (f'{FORM}; charset="utf-16le"', 'amount=5000'.encode('utf-16-le'), 'quoted charset'), (f'{FORM}; charset=utf-8; charset=utf-16le', 'amount=5000'.encode('utf-16-le'), 'two charsets'),
    (f'{FORM}; charset=ibm037', 'amount=5000'.encode('cp037'), 'EBCDIC'), (f'{FORM}; CHARSET=cp037', 'amount=5000'.encode('cp037'), 'EBCDIC, capitals'),
    ('application/json', JSON.encode('utf-16'), 'UTF-16 with mark, not declared'), ('application/json', JSON.encode('utf-16-be'), 'UTF-16BE without mark'),
    ('application/json', JSON.encode('utf-32'), 'UTF-32 with mark'), ('application/json', b'\xfe\xff' + JSON.encode('utf-16-be'), 'big-endian mark'),
    ('application/json; charset=utf-16', JSON, 'declared and not so'), ('application/xml', XML.encode('utf-16'), 'XML in UTF-16'),
    ('application/json; charset=x-none', JSON, 'unknown charset'), (FORM, b'\xef\xbb\xbfamount=5000', 'byte order mark'),
]:
    row('charset', 'A', 'POST', '/transfer', why, [('Content-Type', kind)], body)

# ---- codings
PLAIN = b'amount=5000'
def raw_deflate(data):
    maker = zlib.compressobj(9, zlib.DEFLATED, -15)
    return maker.compress(data) + maker.flush()
zip1 = gzip.compress(PLAIN, mtime=0)
# `amount=5000` in a stored Brotli block, by hand: window, one meta-block, uncompressed, then the empty last one.
br = bytes([0x0b, 0x05, 0x80]) + PLAIN + b'\x03'
for pairs, body, why in [
    ([('Content-Encoding', 'gzip')], zip1, 'gzip'), ([('Content-Encoding', 'GZip')], zip1, 'capitals'), ([('Content-Encoding', 'gzip, identity')], zip1, 'and identity'),
    ([('Content-Encoding', 'identity')], PLAIN, 'identity alone'), ([], zip1, 'not declared'), ([('Content-Encoding', 'gzip')], gzip.compress(zip1, mtime=0), 'twice, declared once'),
    ([('Content-Encoding', 'gzip'), ('Content-Encoding', 'gzip')], gzip.compress(zip1, mtime=0), 'declared in two fields'),
    ([('Content-Encoding', 'gzip')], gzip.compress(b'amount=1&', mtime=0) + zip1, 'two members'), ([('Content-Encoding', 'gzip')], zip1 + b'\0\0\0', 'bytes behind'),
    ([('Content-Encoding', 'deflate')], raw_deflate(PLAIN), 'raw deflate'), ([('Content-Encoding', 'deflate')], zlib.compress(PLAIN), 'zlib'),
    ([('Content-Encoding', 'br')], br, 'Brotli'), ([('Content-Encoding', 'x-deflate')], zlib.compress(PLAIN), 'other name'), ([('Content_Encoding', 'gzip')], zip1, 'underscore'),
    ([('Content-Encoding', 'gzip')], raw_deflate(PLAIN), 'declared as another'), ([('Content-Encoding', '')], PLAIN, 'empty'), ([('Content-Encoding', 'utf-8')], PLAIN, 'a charset'),
    ([('Content-Encoding', 'aws-chunked')], b'b;chunk-signature=0\r\namount=5000\r\n0\r\n\r\n&amount=5000', 'unknown'),
    ([('Content-Encoding', 'gzip;q=1')], zip1, 'with a parameter'), ([('Content-Encoding', 'none')], PLAIN, 'none'),
]:
    row('content-encoding', 'A', 'POST', '/transfer', why, [('Content-Type', FORM)] + pairs, body)
row('content-encoding', 'E', 'POST', '/graphql', 'gzip of GraphQL', [('Content-Type', 'application/json'), ('Content-Encoding', 'gzip')],
    gzip.compress(b'{"query":"mutation{deleteUser(id:1){id}}"}', mtime=0))
row('content-encoding', 'F', 'POST', '/rpc', 'gzip of JSON-RPC', [('Content-Type', 'application/json'), ('Content-Encoding', 'gzip')], gzip.compress(WIPE.encode(), mtime=0))
row('content-encoding', 'A', 'POST', '/transfer', 'gzip of JSON', [('Content-Type', 'application/json'), ('Content-Encoding', 'gzip')], gzip.compress(JSON.encode(), mtime=0))

# ---- JSON
for body, why in [
    ('{"amount":5000,"amount":1}', 'first counts'), ('{"AMOUNT":5000}', 'capitals'), ('{"\\u0061mount":5000}', 'escaped name'), ('{"transfer":{"amount":5000}}', 'inside'),
    ('[[{"amount":5000}]]', 'inside arrays'), ('{"amount":"5e3"}', 'exponent in a string'), ('{"amount":"5,000"}', 'comma in a string'), ('{/*x*/"amount":5000}', 'comment'),
    ('{"a":1,//x\n"amount":5000}', 'line comment'), ('{"amount":5000}x', 'bytes behind'), ('{"amount":Infinity}', 'infinite'), ('{"amount":+5000}', 'plus'), ('{"amount":0x1388}', 'hexadecimal'),
    ('{"amount":5_000}', 'underscore'), ('{amount:5000}', 'bare name'), ("{'amount':5000}", 'single quotes'), ('\x0c{"amount":5000}', 'form feed before'), ('{"amount\\u0000":5000}', 'NUL in the name'),
    ('{"amount\\u0000x":5000}', 'NUL cuts the name'), ('{"amount ":5000}', 'blank in the name'), ('{"amount[]":5000}', 'brackets in the name'), ('{"amount":{"$numberDecimal":"5000"}}', 'extended JSON'),
    ('{"amount":{"value":"5000"}}', 'string in an object'), (')]}\',\n{"amount":5000}', 'prefix against script inclusion'), ('cb({"amount":5000})', 'JSONP'), ('{"amount":1000.00000000000000000000000001}', 'a very small part'),
    ('{"amount":50000000000000000000000e-19}', 'negative exponent'), ('{"amount":"\\u0035000"}', 'escaped digit'), ('{"amount":[1,5000]}', 'second of an array'), ('{"amount":5000', 'not closed'),
    ('{"amount":5000}}', 'closed twice'), ('{"a":"\\ud800","amount":5000}', 'lone surrogate elsewhere'), ('{"amount":1,"Amount":5000}', 'capital beside'), ('{"amount":1,"amount ":5000}', 'blank beside'),
    ('{"a":"\xff","amount":5000}', 'not UTF-8 elsewhere'), ('{"amount":05000}', 'zero before'), ('{"amount":5000.}', 'point behind'), ('{"amount":.5e4}', 'no whole'), ('\n\n{"amount":5000}\n', 'blank lines'),
    ('{"amount":"٥٠٠٠"}'.encode(), 'Arabic digits'), ('{"ａmount":1,"amount":5000}'.encode(), 'full-width name beside'), ('{"amount":"5000 "}', 'blank behind'), ('{"amount":"+5000"}', 'plus in a string'),
]:
    row('json-body', 'A', 'POST', '/transfer', why, [('Content-Type', 'application/json')], body)
row('json-body', 'A', 'POST', '/transfer', 'very deep', [('Content-Type', 'application/json')], '{"x":' + '[' * 3000 + ']' * 3000 + ',"amount":5000}')
row('json-body', 'A', 'POST', '/transfer', 'behind many members', [('Content-Type', 'application/json')],
    '{' + ','.join(f'"k{n}":0' for n in range(20000)) + ',"amount":5000}')

# ---- XML
for body, why in [
    ('<amount>5000</amount>', 'root'), ('<t><Amount>5000</Amount></t>', 'capital'), ('<t xmlns:x="u"><x:amount>5000</x:amount></t>', 'prefix'), ('<t amount="5000"/>', 'attribute'),
    ('<t><amount><![CDATA[5000]]></amount></t>', 'CDATA'), ('<t><amount>&#53;000</amount></t>', 'character reference'), ('<t><amount>1</amount><amount>5000</amount></t>', 'twice'),
    ('<!DOCTYPE t [<!ENTITY e "5000">]><t><amount>&e;</amount><amount>5000</amount></t>', 'entity'), ('<t><amount> 5000 </amount></t>', 'blanks'), ('<t><amount x="1">5000</amount>', 'not closed'),
    ('<t><!-- <amount>1</amount> --><amount>5000</amount></t>', 'comment'), ("<t amount='5000'/>", 'attribute in single quotes'),
]:
    row('xml-body', 'A', 'POST', '/transfer', why, [('Content-Type', 'application/xml')], body)

# ---- multipart
def part(head='Content-Disposition: form-data; name="amount"', value='5000', boundary='B', end='\r\n'):
    return f'--{boundary}{end}{head}{end}{end}{value}{end}'
CLOSE = '--B--\r\n'
for body, why in [
    (part('content-disposition: form-data; NAME="amount"') + CLOSE, 'names in other cases'), (part('Content-Disposition: form-data; name = "amount"') + CLOSE, 'blanks at the sign'),
    (part('Content-Disposition: form-data; name="amount"; name="x"') + CLOSE, 'two names'), (part('Content-Disposition: form-data; name="x"; name="amount"') + CLOSE, 'two names, ours last'),
    (part('Content-Disposition: form-data; name="x"; name*=utf-8\'\'amount') + CLOSE, 'extended name'), (part('Content-Disposition: form-data;\r\n name="amount"') + CLOSE, 'folded'),
    (part('Content-Disposition: form-data; name="amount"\r\nContent-Disposition: form-data; name="x"') + CLOSE, 'two dispositions'), (part(end='\n').replace('\n', '\n') + '--B--\n', 'bare line feeds'),
    (part('Content-Disposition: form-data; name="amount"; filename="x"') + CLOSE, 'a file'), (part('Content-Disposition: form-data; name="amount"; filename=""') + CLOSE, 'an empty file name'),
    (part('Content-Disposition: form-data; name="amount"\r\nContent-Transfer-Encoding: base64', 'NTAwMA==') + CLOSE, 'base64'),
    (part('Content-Disposition: form-data; name="amount"\r\nContent-Transfer-Encoding: quoted-printable', '=35000') + CLOSE, 'quoted-printable'),
    (part('Content-Disposition: form-data; name="amount"\r\nContent-Type: text/plain; charset=utf-16le', '5\0' + '0\0' * 3) + CLOSE, 'charset of a part'),
    (part(), 'no closing delimiter'), ('preamble\r\n' + part() + CLOSE, 'preamble'), (CLOSE + part() + CLOSE, 'behind the end'), (part('Content-Disposition: form-data; name=amount') + CLOSE, 'no quotes'),
    (part("Content-Disposition: form-data; name='amount'") + CLOSE, 'single quotes'), (part('Content-Disposition: form-data; name="AMOUNT"') + CLOSE, 'capitals'), (part('Content-Disposition: form-data; name="amount[]"') + CLOSE, 'brackets'),
    (part(value='1') + part() + CLOSE, 'twice'), (part('Content-Disposition: form-data; name=" amount"') + CLOSE, 'blank'), (part('Content-Disposition: form-data; name="amount"\r\nX: y') + CLOSE, 'another field'),
    ('--B  \r\nContent-Disposition: form-data; name="amount"\r\n\r\n5000\r\n' + CLOSE, 'blanks behind the delimiter'), ('\r\n' + part() + CLOSE, 'empty line first'), (part(value='\r\n5000') + CLOSE, 'line end in the value'),
    (part('Content-Disposition: attachment; name="amount"') + CLOSE, 'attachment'), (part('Content-Disposition: form-data; name="amount\0x"') + CLOSE, 'NUL in the name'),
    (part('Content-Disposition: form-data; name="_charset_"', 'utf-16le') + part() + CLOSE, 'charset field'),
]:
    row('multipart', 'A', 'POST', '/transfer', why, [('Content-Type', 'multipart/form-data; boundary=B')], body)
for kind, why in [
    ('multipart/form-data; boundary="B"', 'quoted boundary'), ('multipart/form-data; BOUNDARY=B', 'capitals'), ('multipart/mixed; boundary=B', 'mixed'), ('multipart/related; boundary=B', 'related'),
    ('multipart/form-data; boundary=X; boundary=B', 'two boundaries'), ('multipart/form-data; boundary=B; boundary=X', 'two boundaries, ours first'), ('multipart/form-data; boundary=B,X', 'list'),
    ('multipart/form-data; boundary*=utf-8\'\'B', 'extended boundary'), ('Multipart/Form-Data;boundary=B', 'capitals of the type'), ('multipart/form-data; charset=utf-8; boundary=B', 'charset before'),
    ('multipart/form-data; x="; boundary=X"; boundary=B', 'a boundary within quotes'), ('multipart/form-data ; boundary = B', 'blanks'), ('multipart/form-data, boundary=B', 'comma'),
]:
    row('multipart', 'A', 'POST', '/transfer', why, [('Content-Type', kind)], part() + CLOSE)

# ---- GraphQL
def graphql(query, why, kind='application/json', target='/graphql', method='POST', wrap=True):
    row('graphql', 'E', method, target, why, [('Content-Type', kind)], json.dumps({'query': query}) if wrap else query)
for query, why in [
    ('mutation A{me{id}} mutation B{deleteUser(id:1){id}}', 'second operation'), ('query A{me{id}} mutation B{deleteUser(id:1){id}}', 'behind a query'),
    ('mutation{... on Mutation{deleteUser(id:1){id}}}', 'inline fragment'), ('mutation{...{deleteUser(id:1){id}}}', 'inline fragment without a type'),
    ('mutation{...A} fragment A on Mutation{...B} fragment B on Mutation{deleteUser(id:1){id}}', 'fragment in a fragment'), ('\ufeffmutation{deleteUser(id:1){id}}', 'byte order mark'),
    ('mutation @x{deleteUser(id:1)@skip(if:false){id}}', 'directives'), ('mutation{a:renameUser(id:1,name:"x"){id} b:deleteUser(id:1){id}}', 'second field'),
    ('mutation{renameUser(id:1,name:"\\"}"){id} deleteUser(id:1){id}}', 'quote in a string'), ('mutation{renameUser(id:1,name:"""}"""){id} deleteUser(id:1){id}}', 'block string'),
    ('mutation($a:[Int!]!={}){deleteUser(id:$a){id}}', 'odd variable'), ('mutation{deleteUser(id:1){id}', 'not closed'), ('mutation{deleteUser(id:1){id}}}', 'closed twice'),
    ('mutation\r{\rdeleteUser(id:1){id}}', 'carriage returns'), ('mutation{renameUser#\r\n(id:1,name:"x"){id},deleteUser(id:1){id}}', 'comment before arguments'),
]:
    graphql(query, why)
graphql('mutation{deleteUser(id:1){id}}', 'the bare document', 'application/graphql', wrap=False)
graphql('[{"query":"{me{id}}"},{"query":"mutation{deleteUser(id:1){id}}"}]', 'batch', wrap=False)
graphql('{"Query":"mutation{deleteUser(id:1){id}}"}', 'capital', wrap=False)
graphql('{"query":"mutation A{me{id}} mutation B{deleteUser(id:1){id}}","operationName":"B"}', 'operation chosen', wrap=False)
graphql('{"query":"mutation A{me{id}} mutation B{deleteUser(id:1){id}}","operationName":"A","operationName":"B"}', 'operation chosen twice', wrap=False)
graphql('{"documentId":"deleteUser_v1"}', 'document id', wrap=False)
graphql('{"id":"deleteUser_v1","query":"{me{id}}"}', 'id beside a harmless document', wrap=False)
graphql('{"query":"{me{id}}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"17fea2b474cdcd3905259b1fbd7cfffe954a55a7b8427a8eb01b1a057a2bd47a"}}}', 'hash beside a harmless document', wrap=False)
graphql('{"query":"mutation{deleteUser(id:1){id}}"}', 'as text', 'text/plain', wrap=False)
graphql('{"query":"mutation{deleteUser(id:1){id}}"}', 'another type', 'application/graphql+json', wrap=False)
graphql('operations=%7B%22query%22%3A%22mutation%7BdeleteUser(id%3A1)%7Bid%7D%7D%22%7D', 'operations in a form', FORM, wrap=False)
graphql('query=%7Bme%7Bid%7D%7D&query=mutation%7BdeleteUser(id%3A1)%7Bid%7D%7D', 'twice in a form', FORM, wrap=False)
graphql('--B\r\nContent-Disposition: form-data; name="operations"\r\n\r\n[{"query":"mutation{deleteUser(id:1){id}}"}]\r\n--B--\r\n', 'batch in multipart', 'multipart/form-data; boundary=B', wrap=False)
row('graphql', 'E', 'GET', '/graphql?Query=mutation%7BdeleteUser(id%3A1)%7Bid%7D%7D', 'capital in the query')
row('graphql', 'E', 'GET', '/graphql?query=%7Bme%7Bid%7D%7D&query=mutation%7BdeleteUser(id%3A1)%7Bid%7D%7D', 'twice in the query')
row('graphql', 'E', 'GET', '/graphql?extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%2C%22sha256Hash%22%3A%2217fea2b474cdcd3905259b1fbd7cfffe954a55a7b8427a8eb01b1a057a2bd47a%22%7D%7D', 'hash by GET')
row('graphql', 'E', 'HEAD', '/graphql?query=mutation%7BdeleteUser(id%3A1)%7Bid%7D%7D', 'by HEAD')
row('graphql', 'E', 'PUT', '/graphql', 'by PUT', [('Content-Type', 'application/json')], '{"query":"mutation{deleteUser(id:1){id}}"}')

# ---- JSON-RPC
CALL = '"method":"tools/call","params":{"name":"wipe","arguments":{}}'
for body, why in [
    ('[{"jsonrpc":"2.0","id":0,"method":"ping"},{"jsonrpc":"2.0","id":1,' + CALL + '}]', 'batch'), ('[[{"jsonrpc":"2.0","id":1,' + CALL + '}]]', 'batch in a batch'),
    ('{"jsonrpc":"2.0",' + CALL + '}', 'notification'), ('{"jsonrpc":"2.0","id":1,"Method":"tools/call","params":{"name":"wipe"}}', 'capital'),
    ('{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"tools/call","params":{"name":"wipe"}}', 'capital beside'), ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","Name":"wipe"}}', 'capital of a parameter'),
    ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read"},"params":{"name":"wipe"}}', 'parameters twice'), ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[{"name":"wipe"}]}', 'parameters in an array'),
    ('{"jsonrpc":"2.0","id":1,"method":"tools\\u002fcall","params":{"name":"wipe"}}', 'escaped slash'), ('{"jsonrpc":"1.0","id":1,' + CALL + '}', 'older version'), ('{"id":1,' + CALL + '}', 'no version'),
    ('\x1e{"jsonrpc":"2.0","id":1,' + CALL + '}\n', 'sequence'), ('{"jsonrpc":"2.0","id":1,' + CALL + '}{"jsonrpc":"2.0","id":2,"method":"ping"}', 'two documents'), ('// x\n{"jsonrpc":"2.0","id":1,' + CALL + '}', 'comment'),
    ('{"jsonrpc":"2.0","id":1,"method":" tools/call","params":{"name":" wipe"},"name":"wipe"}', 'blanks'), ('{"jsonrpc":"2.0","id":1,"method":"TOOLS/CALL","params":{"name":"WIPE"}}', 'capitals of values'),
    ('\xef\xbb\xbf{"jsonrpc":"2.0","id":1,' + CALL + '}', 'byte order mark'), ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"{\\"name\\":\\"wipe\\"}"}', 'parameters as a string'),
]:
    row('jsonrpc', 'F', 'POST', '/rpc', why, [('Content-Type', 'application/json')], body)
row('jsonrpc', 'F', 'POST', '/rpc', 'UTF-16', [('Content-Type', 'application/json')], WIPE.encode('utf-16-le'))
row('jsonrpc', 'F', 'POST', '/rpc', 'as a form type', [('Content-Type', FORM)], WIPE)
row('jsonrpc', 'F', 'POST', '/rpc', 'as bytes', [('Content-Type', 'application/octet-stream')], WIPE)
row('jsonrpc', 'F', 'PUT', '/rpc', 'by PUT', [('Content-Type', 'application/json')], WIPE)
row('jsonrpc', 'F', 'GET', '/rpc?method=tools/call&id=1&params=%7B%22name%22%3A%22wipe%22%7D', 'by GET, plain parameters')
row('jsonrpc', 'F', 'GET', '/rpc?method=tools%2Fcall&params=eyJuYW1lIjoid2lwZSJ9&id=1', 'by GET, encoded method')

# ---- framing
BODY = '0\r\n\r\n' + SMUGGLED
any3 = ('hold', 'reject', 'neutralize')
for te, why in [
    ('xchunked', 'another coding'), ('chunked, chunked', 'twice'), ('\tchunked', 'tab'), ('Chunked', 'capital'), ('chunked;x', 'parameter'), ('identity, chunked', 'identity before'), ('"chunked"', 'quoted'),
    ('chunked,', 'comma behind'), ('\x0bchunked', 'vertical tab'), ('chunked\x0c', 'form feed'),
]:
    row('framing', 'C', 'POST', '/public', f'Transfer-Encoding {why}, with Content-Length', [('Content-Type', 'text/plain'), ('Content-Length', str(len(BODY))), ('Transfer-Encoding', te)], BODY, any3)
for name, why in [('Transfer_Encoding', 'underscore'), ('Transfer-Encoding ', 'blank before the colon'), ('X-Transfer-Encoding\r\nTransfer-Encoding', 'behind another')]:
    row('framing', 'C', 'POST', '/public', f'Transfer-Encoding {why}', [('Content-Length', str(len(BODY))), (name, 'chunked')], BODY, any3)
size = len(SMUGGLED)
for value, why in [
    (f'0, {size}', 'list'), (f'{size}, 0', 'list, long first'), (f'+{size}', 'plus'), (hex(size), 'hexadecimal'), (f'{size}.0', 'point'), (f'-{size}', 'minus'), (f'"{size}"', 'quoted'), (f'{size};', 'semicolon'),
    (f'0\r\nContent-Length: {size}', 'twice'), (f'{size}\r\n 0', 'folded'), (f'{size}e0', 'exponent'), ('9' * 30, 'very large'), (f'0{size}', 'zero before'), ('', 'empty'),
]:
    row('framing', 'C', 'POST', '/public', f'Content-Length {why}', [('Content-Type', 'text/plain'), ('Content-Length', value)], SMUGGLED,
        any3 if why not in ('tab', 'zero before') else any3)
for method in ['GET', 'HEAD', 'OPTIONS']:
    row('framing', 'C', method, '/public', f'{method} with a body that is a request', [('Content-Length', str(size))], SMUGGLED, any3)
for body, why in [
    (f'0x{size:x}\r\n{SMUGGLED}\r\n0\r\n\r\n', 'prefixed size'),
    (f'1;\n\r\nx\r\n0\r\n\r\n' + SMUGGLED, 'line feed in an extension'), (f'1\nx\n0\n\n' + SMUGGLED, 'bare line feeds'), ('0\r\nX: y\r\n\r\n' + SMUGGLED, 'trailers, then a request'),
    ('0\r\nX-Forwarded-User: admin\r\n\r\n', 'identity as a trailer'), ('00000000000\r\n\r\n' + SMUGGLED, 'many zeros'), ('0;x="\r\n\r\n' + SMUGGLED, 'open quote'),
]:
    action = 'ID' if 'identity' in why else 'C'
    row('framing', action, 'POST', '/public', f'chunks: {why}', [('Content-Type', 'text/plain'), ('Transfer-Encoding', 'chunked')], body, any3)
row('framing', 'A', 'POST', '/transfer', 'the field as a trailer', [('Content-Type', FORM), ('Transfer-Encoding', 'chunked'), ('Trailer', 'amount')],
    'b\r\namount=5000\r\n0\r\namount: 5000\r\n\r\n')
row('framing', 'C', 'GET', '/public', 'bare line feeds between fields', raw=b'GET /public HTTP/1.1\nHost: app.test\n\nGET /admin/settings HTTP/1.1\nHost: app.test\n\n', safe=any3)
row('framing', 'C', 'GET', '/public', 'bare carriage return in a field', [('X', 'a\rGET /admin/settings HTTP/1.1')], safe=any3, body=None,
    raw=b'GET /public HTTP/1.1\r\nHost: app.test\r\nX: a\r\rGET /admin/settings HTTP/1.1\r\nHost: app.test\r\n\r\n')
row('framing', 'C', 'GET', '/public', 'NUL in a field', raw=b'GET /public HTTP/1.1\r\nHost: app.test\r\nX: a\0\r\n\r\n' + SMUGGLED.encode(), safe=any3)
row('framing', 'C', 'GET', '/public', 'field without a name', raw=b'GET /public HTTP/1.1\r\nHost: app.test\r\n: x\r\nContent-Length: 54\r\n\r\n' + SMUGGLED.encode(), safe=any3)

# ---- hop by hop
for value, why in [('close, X-Forwarded-User', 'identity'), ('Content-Type', 'type'), ('content-encoding', 'coding'), ('X-HTTP-Method-Override', 'override'), ('keep-alive,,Host', 'host'), ('upgrade, content-length', 'length'), ('te', 'te')]:
    row('hop-by-hop', 'A', 'POST', '/transfer', f'{why} nominated', [('Connection', value), ('Content-Type', FORM)], 'amount=5000')
row('hop-by-hop', 'A', 'POST', '/transfer', 'nominated in a second field', [('Connection', 'close'), ('connection', 'content-type'), ('Content-Type', FORM)], 'amount=5000')
row('hop-by-hop', 'A', 'POST', '/transfer', 'nominated by the old name', [('Proxy-Connection', 'content-type'), ('Content-Type', FORM)], 'amount=5000')
row('protocol', 'C', 'GET', '/public', 'WebSocket with a request behind it', [('Connection', 'Upgrade'), ('Upgrade', 'websocket'), ('Sec-WebSocket-Version', '13'), ('Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA==')], SMUGGLED, any3, length=False)
row('protocol', 'C', 'GET', '/public', 'h2c with a request behind it', [('Connection', 'Upgrade, HTTP2-Settings'), ('Upgrade', 'h2c'), ('HTTP2-Settings', 'AAMAAABkAAQAAP__')], SMUGGLED, any3, length=False)
row('protocol', 'A', 'POST', '/transfer', 'Upgrade on a guarded POST', [('Connection', 'Upgrade'), ('Upgrade', 'websocket'), ('Content-Type', FORM)], 'amount=5000')
row('protocol', 'A', 'POST', '/transfer', 'Expect in capitals', [('Expect', '100-CONTINUE'), ('Content-Type', FORM)], 'amount=5000')
row('protocol', 'A', 'POST', '/transfer', 'Range on a POST', [('Range', 'bytes=0-1'), ('Content-Range', 'bytes 0-1/11'), ('Content-Type', FORM)], 'amount=5000')

# ---- HTTP/2
def top(path='/admin/settings', method='GET', authority='app.test'):
    return [(':method', method), (':scheme', 'https'), (':authority', authority), (':path', path)]
for fields, why in [
    (top('/public') + [('X-Upper', 'y'), ('x-original-url', '/admin/settings')], 'name in capitals'), (top('/public') + [(':path', '/admin/settings')], 'second path last'),
    ([(':method', 'GET'), (':scheme', 'https'), ('x', 'y'), (':authority', 'app.test'), (':path', '/admin/settings')], 'pseudo-header behind a field'),
    (top('/public') + [('connection', 'upgrade')], 'connection field'), (top('/public') + [('x', 'y\r\n\r\nGET /admin/settings HTTP/1.1\r\nHost: app.test\r\n')], 'line end in a value'),
    (top('/public') + [('x: y\r\n\r\nGET /admin/settings HTTP/1.1\r\nhost', 'app.test')], 'line end in a name'), (top('/public HTTP/1.1\r\nHost: app.test\r\n\r\nGET /admin/settings'), 'line end in the path'),
    (top('/public') + [(':x', 'y')], 'unknown pseudo-header'), (top('/admin/settings', authority='x@app.test'), 'userinfo'), (top('/admin/settings', authority='public.test') + [('host', 'app.test')], 'host of another'),
    ([(':method', 'GET'), (':scheme', 'https'), (':path', '/admin/settings'), ('host', 'app.test')], 'no authority'), (top(''), 'empty path'), (top('*'), 'asterisk'), (top('/admin/settings#x'), 'fragment'),
    (top('//admin/settings'), 'two slashes'), (top('/%61dmin/settings'), 'encoded'), (top('/public/..;/admin/settings'), 'parameter at dots'), (top('\\admin/settings'), 'backslash first'),
    ([(':method', 'GET'), (':scheme', 'https://app.test/admin/settings?'), (':authority', 'app.test'), (':path', '/public')], 'URL in the scheme'),
    ([(':method', 'GET'), (':method', 'POST'), (':scheme', 'https'), (':authority', 'app.test'), (':path', '/admin/settings')], 'two methods'),
    (top('/admin/settings', authority='app.test/public'), 'path in the authority'), (top('/admin/settings', authority=''), 'empty authority'), (top('http://app.test/admin/settings'), 'URL as the path'),
    (top('/admin/settings') + [('te', 'chunked')], 'te'), (top('/admin/settings', method='get'), 'lower-case method'),
]:
    h2('C', fields, why)
for fields, why in [
    (top('/public') + [('x-forwarded-user', 'admin'), ('x_forwarded_user', 'admin')], 'identity in two spellings'), (top('/public') + [('x-countersign-user', 'admin')], 'own name'), (top('/public') + [('remote_user', 'admin')], 'underscore'),
]:
    h2('ID', fields, why)
h2('ID', top('/public', 'POST') + [('trailer x-forwarded-user', 'admin')], 'identity as a trailer', 'x=1')
h2('A', top('/transfer', 'POST') + [('content-type', FORM), ('content-length', '3')], 'length too short', 'amount=5000')
h2('A', top('/transfer', 'POST') + [('content-type', FORM), ('content-length', '30')], 'length too long', 'amount=5000')
h2('A', top('/transfer', 'POST') + [('content-type', FORM), ('content-type', 'text/plain')], 'two types', 'amount=5000')
h2('A', top('/transfer', 'POST') + [('content-type', FORM), ('trailer amount', '5000')], 'trailers', 'amount=5000')
h2('B', top('/users/42', 'POST') + [('x-http-method-override', 'DELETE')], 'override')
h2('E', top('/graphql', 'POST') + [('content-type', 'application/json')], 'GraphQL', '{"query":"mutation{x:deleteUser(id:1){id}}"}')
h2('F', top('/rpc', 'POST') + [('content-type', 'application/json')], 'JSON-RPC batch', '[' + WIPE + ']')

# ---- what must pass all the same
for method, target, headers, body, why in [
    ('GET', '/files/a+b%20c.txt', [], None, 'blank in a name'), ('GET', '/search?q=a%26b%3Dc&x=1', [], None, 'signs in a value'), ('GET', '/adm', [], None, 'a shorter name'),
    ('POST', '/transfer', [('Content-Type', FORM)], 'amount=1000.00&note=amount', 'exactly the limit'), ('POST', '/transfer', [('Content-Type', 'application/json')], '{"amount":0.5,"list":[1,2,{"x":"5000"}]}', 'small amount'),
    ('GET', '/users/42/orders', [], None, 'a longer path'), ('POST', '/users/42', [('Content-Type', FORM)], 'name=x', 'another method'), ('POST', '/upload', [('Content-Type', 'application/octet-stream')], 'amount=5000', 'another route'),
    ('PUT', '/files/x.json', [('Content-Type', 'application/json')], '{"amount":5000}', 'another route, JSON'), ('GET', '/blog/2026/11/21/the-admin-area', [], None, 'the word in a name'),
    ('POST', '/graphql', [('Content-Type', 'application/json')], '{"query":"query($a:Int=1){me(x:$a){id name}}","variables":{"a":2}}', 'a query'), ('GET', '/graphql?query=%7Bme%7Bid%7D%7D', [], None, 'a query by GET'),
    ('POST', '/rpc', [('Content-Type', 'application/json')], '[{"jsonrpc":"2.0","id":1,"method":"tools/list"},{"jsonrpc":"2.0","id":2,"method":"ping"}]', 'a harmless batch'),
]:
    row('pass', None, method, target, why, headers, body, ('pass',), 'pass')

with open(os.path.join(HERE, 'more.jsonl'), 'w', encoding='utf-8') as out:
    for one in ROWS:
        out.write(json.dumps(one) + '\n')
print(len(ROWS), COUNT)
