// `@modelcontextprotocol/sdk`, the client of version 1: `sdk.mjs URL MODE SCENARIO`. Its modes are its transports.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { run } from './scenario.mjs';

const [url, mode, scenario] = process.argv.slice(2);
const TRANSPORTS = {
    default: () => new StreamableHTTPClientTransport(new URL(url)),
    sse: () => new SSEClientTransport(new URL('sse', url)),
    stdio: () => {
        const [command, ...args] = JSON.parse(process.env.STDIO_SERVER);
        return new StdioClientTransport({ command, args });
    }
};
const transport = TRANSPORTS[mode]();
// The client hands the version to transports that want to know it.
let agreed;
const setProtocolVersion = transport.setProtocolVersion?.bind(transport);
transport.setProtocolVersion = version => {
    agreed = version;
    setProtocolVersion?.(version);
};

const ok = await run(
    scenario,
    listChanged => {
        const client = new Client({ name: 'interop-sdk', version: '1.0.0' }, { listChanged });
        return { client, version: '2025-11-25', connect: () => client.connect(transport) };
    },
    (client, params, options) => client.callTool(params, undefined, options),
    () => agreed
);
process.exit(ok ? 0 : 1);
