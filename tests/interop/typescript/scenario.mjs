// What a TypeScript client goes through. Both generations of the client have the same methods, so they share it; how
// a client is made and what differs in a call is handed in.
//
// One line of JSON on stdout for each step: {"step", "ok", "detail"}. {"do": "drop"} asks the driver to put another
// plugin in place, {"do": "remove"} to take it away again.
// The driver also ends a client that says nothing for too long.

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

const say = line => process.stdout.write(JSON.stringify(line) + '\n');

function must(condition, otherwise) {
    if (!condition) throw new Error(otherwise);
}

/** Lists of tools as the client hands them over after a change, one after the other. */
class Changes {
    #waiting = [];
    #lists = [];

    /** To be given to the client. */
    onChanged = (error, tools) => {
        const list = error ?? tools;
        const next = this.#waiting.shift();
        if (next) next(list);
        else this.#lists.push(list);
    };

    async next() {
        const list = this.#lists.shift() ?? (await new Promise(taken => this.#waiting.push(taken)));
        if (list instanceof Error) throw list;
        return list;
    }

    /** The first list for which `holds` is true. */
    async until(holds) {
        for (;;) {
            const tools = await this.next();
            if (holds(tools)) return tools;
        }
    }
}

const text = result => result.content.map(content => content.text).join('');
const named = (tools, name) => tools.some(tool => tool.name === name);

/**
 * @param make takes what to do about changed lists; gives a client, the version it should come to, and how to
 *             connect it: `{ client, version, connect }`
 * @param call `(client, params, options)`
 * @param protocolVersion `(client)`: which version was agreed on
 */
export async function run(file, make, call, protocolVersion) {
    const scenario = JSON.parse(readFileSync(file, 'utf8'));
    const changes = new Changes();
    const { client, version, connect } = make({ tools: { onChanged: changes.onChanged } });
    let ok = true;

    const step = async (name, does) => {
        try {
            say({ step: name, ok: true, detail: (await does()) ?? '' });
        } catch (error) {
            ok = false;
            say({ step: name, ok: false, detail: `${error?.message ?? error}` });
        }
    };
    const tool = ({ name, arguments: args }, options) => call(client, { name, arguments: args }, options);

    await step('connect', async () => {
        await connect();
        const agreed = protocolVersion(client);
        must(agreed === version, `${version} was expected to be agreed on, not ${agreed}`);
        must(client.getServerVersion()?.name === scenario.server, `the server calls itself ${client.getServerVersion()?.name}`);
        return agreed;
    });
    if (!ok) return ok;

    await step('list', async () => {
        const { tools } = await client.listTools();
        const missing = scenario.listed.filter(name => !named(tools, name));
        must(missing.length === 0, `not listed: ${missing}`);
        must(tools.every(t => t.description && t.inputSchema.type === 'object'), 'a tool without description or schema');
        return `${tools.length} tools`;
    });

    await step('call', async () => {
        const result = await tool(scenario.call);
        must(!result.isError && text(result) === scenario.call.text, `not echoed: ${JSON.stringify(result)}`);
    });

    await step('structured', async () => {
        const result = await tool(scenario.structured);
        const same = isDeepStrictEqual(result.structuredContent, scenario.structured.content);
        must(same, `the result is ${JSON.stringify(result)}`);
    });

    await step('progress', async () => {
        const seen = [];
        let meanwhile;
        const result = await tool(scenario.progress, {
            onprogress: ({ progress, total }) => {
                seen.push(`${progress}/${total}`);
                // Streamed, not handed over at the end: another call is answered before this one is.
                meanwhile ??= tool(scenario.call).then(() => seen.push('another call'));
            }
        });
        seen.push('result');
        await meanwhile;
        must(text(result) === scenario.progress.text, `the result is ${JSON.stringify(result)}`);
        const order = seen.filter(event => event !== 'another call').join(' ');
        must(order === scenario.progress.seen, `seen: ${seen.join(' ')}`);
        must(seen.indexOf('another call') < seen.indexOf('result'), `seen: ${seen.join(' ')}`);
        return seen.join(' ');
    });

    for (const name of ['bad-arguments', 'failing-tool']) {
        await step(name, async () => {
            const result = await tool(scenario[name]);
            must(result.isError === true, `no error: ${JSON.stringify(result)}`);
            const absent = scenario[name].says.filter(part => !text(result).includes(part));
            must(absent.length === 0, `${absent} is not in: ${text(result)}`);
            return text(result);
        });
    }

    await step('unknown-tool', async () => {
        const error = await tool(scenario['unknown-tool']).then(
            result => must(false, `an answer: ${JSON.stringify(result)}`),
            thrown => thrown
        );
        must(error.code === scenario['unknown-tool'].code, `the error is ${error.code}: ${error.message}`);
        must(error.message.includes(scenario['unknown-tool'].name), `it is not named in: ${error.message}`);
        return error.message;
    });

    await step('hot-drop', async () => {
        const { name } = scenario.dropped;
        must(!named((await client.listTools()).tools, name), `${name} is there already`);
        say({ do: 'drop' });
        await changes.until(tools => named(tools, name));
        must(named((await client.listTools()).tools, name), `${name} is not listed`);
        const result = await tool(scenario.dropped);
        must(text(result) === scenario.dropped.text, `the result is ${JSON.stringify(result)}`);
    });

    await step('hot-removal', async () => {
        const { name } = scenario.dropped;
        say({ do: 'remove' });
        await changes.until(tools => !named(tools, name));
        must(!named((await client.listTools()).tools, name), `${name} is still listed`);
    });

    await step('close', () => client.close());
    return ok;
}
