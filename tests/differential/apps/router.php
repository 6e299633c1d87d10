<?php
// The six protected actions on PHP's built-in server; `php -S 127.0.0.1:PORT router.php`. Each notes that it ran.
function ran(string $action): void
{
    file_put_contents(getenv('RUNS'), "$action\n", FILE_APPEND);
    echo 'ran';
    exit;
}

$path = rtrim(rawurldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/'), '/');
$script = rtrim($_SERVER['SCRIPT_NAME'] ?? '', '/');
$json = json_decode(file_get_contents('php://input'), true);
$many = is_array($json) ? (array_is_list($json) ? $json : [$json]) : [];
$values = fn (string $name): array => array_merge([$_REQUEST[$name] ?? null], array_map(fn ($one) => is_array($one) ? ($one[$name] ?? null) : null, $many));
$flat = fn (string $name): array => array_merge(...array_map(fn ($value) => is_array($value) ? array_values($value) : [$value], $values($name)));
$method = strtoupper($_SERVER['HTTP_X_HTTP_METHOD_OVERRIDE'] ?? $_REQUEST['_method'] ?? $_SERVER['REQUEST_METHOD']);

foreach (array_unique([$path, $script]) as $at) {
    if ($at === '/admin' || str_starts_with($at, '/admin/')) {
        ran('C');
    }
    if ($at === '/transfer' && array_filter($flat('amount'), fn ($value) => is_scalar($value) && (float) $value > 1000)) {
        ran('A');
    }
    if (preg_match('#^/users/.#', $at) && $method === 'DELETE') {
        ran('B');
    }
    if ($at === '/export' && array_filter($flat('format'), fn ($value) => is_string($value) && strtolower(trim($value)) === 'full')) {
        ran('D');
    }
    if ($at === '/graphql' && array_filter($flat('query'), fn ($value) => is_string($value) && str_contains($value, 'mutation') && str_contains($value, 'deleteUser'))) {
        ran('E');
    }
    foreach ($at === '/rpc' ? $many : [] as $one) {
        if (is_array($one) && ($one['method'] ?? null) === 'tools/call' && (($one['params']['name'] ?? $one['params'][0] ?? null) === 'wipe')) {
            ran('F');
        }
    }
}
echo 'other';
