// `@modelcontextprotocol/sdk`, the client of version 1: `sdk.mjs URL MODE SCENARIO`. It has one mode.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { run } from './scenario.mjs';

const [url, , scenario] = process.argv.slice(2);
const transport = new StreamableHTTPClientTransport(new URL(url));

const ok = await run(
    scenario,
    listChanged => {
        const client = new Client({ name: 'interop-sdk', version: '1.0.0' }, { listChanged });
        return { client, version: '2025-11-25', connect: () => client.connect(transport) };
    },
    (client, params, options) => client.callTool(params, undefined, options),
    () => transport.protocolVersion
);
process.exit(ok ? 0 : 1);
