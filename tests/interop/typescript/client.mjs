// `@modelcontextprotocol/client`, the client of version 2: `client.mjs URL MODE SCENARIO`.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

import { run } from './scenario.mjs';

const MODERN = '2026-07-28';
const MODES = {
    default: { options: {}, version: '2025-11-25' },
    auto: { options: { versionNegotiation: { mode: 'auto' } }, version: MODERN },
    pinned: { options: { versionNegotiation: { mode: { pin: MODERN } } }, version: MODERN },
    stdio: { options: {}, version: '2025-11-25' },
    'stdio-auto': { options: { versionNegotiation: { mode: 'auto' } }, version: MODERN }
};

const [url, mode, scenario] = process.argv.slice(2);
const { options, version } = MODES[mode];
const [command, ...args] = JSON.parse(process.env.STDIO_SERVER);
const transport = mode.startsWith('stdio')
    ? new StdioClientTransport({ command, args })
    : new StreamableHTTPClientTransport(new URL(url));

const ok = await run(
    scenario,
    listChanged => {
        const client = new Client({ name: 'interop-client', version: '1.0.0' }, { listChanged, ...options });
        return { client, version, connect: () => client.connect(transport) };
    },
    (client, params, options) => client.callTool(params, options),
    client => client.getNegotiatedProtocolVersion()
);
process.exit(ok ? 0 : 1);
