// `@modelcontextprotocol/inspector` on the command line: `inspector.mjs URL MODE SCENARIO`. One program a request, so
// nothing is streamed, and a change is seen by asking again. What it says is as in ../typescript/scenario.mjs.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';

const [url, mode, file] = process.argv.slice(2);
const scenario = JSON.parse(readFileSync(file, 'utf8'));
const launcher = new URL('node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js', import.meta.url);
const ERAS = { default: [], auto: ['--protocol-era', 'auto'], modern: ['--protocol-era', 'modern'] };

const say = line => process.stdout.write(JSON.stringify(line) + '\n');

function must(condition, otherwise) {
    if (!condition) throw new Error(otherwise);
}

/** What the program says to one request: `{ result }`, or `{ error }`, its words. */
function ask(...options) {
    const args = [launcher.pathname, '--cli', url, ...ERAS[mode], '--format', 'json', '--quiet', ...options];
    const { status, stdout, stderr, error } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 50_000 });
    if (error) throw error;
    try {
        const said = JSON.parse(stdout);
        return { status, result: said.result ?? said };
    } catch {
        return { status, error: `${stdout}${stderr}`.trim() };
    }
}

function list() {
    const { result, error } = ask('--method', 'tools/list');
    must(result?.tools, `no list: ${error}`);
    return result.tools;
}

const call = ({ name, arguments: args }) =>
    ask('--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args));
const text = result => result.content.map(content => content.text).join('');
const named = (tools, name) => tools.some(tool => tool.name === name);

let ok = true;
async function step(name, does) {
    try {
        say({ step: name, ok: true, detail: (await does()) ?? '' });
    } catch (error) {
        ok = false;
        say({ step: name, ok: false, detail: `${error?.message ?? error}` });
    }
}

await step('connect', () => {
    list();
    return mode;
});

await step('list', () => {
    const tools = list();
    const missing = scenario.listed.filter(name => !named(tools, name));
    must(missing.length === 0, `not listed: ${missing}`);
});

await step('call', () => {
    const { result, error } = call(scenario.call);
    must(result && text(result) === scenario.call.text, `not echoed: ${error ?? JSON.stringify(result)}`);
});

await step('structured', () => {
    const { result, error } = call(scenario.structured);
    const same = isDeepStrictEqual(result?.structuredContent, scenario.structured.content);
    must(same, `the result is ${error ?? JSON.stringify(result)}`);
});

for (const name of ['bad-arguments', 'failing-tool', 'unknown-tool']) {
    await step(name, () => {
        // It checks some things itself; either way it must fail and say what.
        const { status, result, error } = call(scenario[name]);
        must(status !== 0 || result?.isError, `no error: ${JSON.stringify(result)}`);
        return error ?? text(result);
    });
}

async function until(holds) {
    while (!holds(list())) await wait(100);
}

await step('hot-drop', async () => {
    const { name } = scenario.dropped;
    must(!named(list(), name), `${name} is there already`);
    say({ do: 'drop' });
    await until(tools => named(tools, name));
    const { result, error } = call(scenario.dropped);
    must(result && text(result) === scenario.dropped.text, `the result is ${error ?? JSON.stringify(result)}`);
});

await step('hot-removal', async () => {
    say({ do: 'remove' });
    await until(tools => !named(tools, scenario.dropped.name));
});

process.exit(ok ? 0 : 1);
