// npm's oidc-provider on loopback: an identity provider that nobody here wrote.
//
//	node provider.mjs NODE_MODULES PORT REGISTER
//
// REGISTER: the address of the register that it knows. People log in under any name with any password; the name is the
// subject. Beside what it serves it does what tests ask of it: POST /test/rotate gives it another key, POST /test/lie
// has the next ID tokens say what is posted as well, and POST /test/sign signs {header, claims}.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, port, register] = process.argv.slice(2);
const within = (file) => import(pathToFileURL(join(modules, file)).href);
const { Provider } = await within('oidc-provider/lib/index.js');
const { SignJWT, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } = await within('jose/dist/webapi/index.js');

const issuer = `http://127.0.0.1:${port}`;
const key = issuer.slice('http://'.length).replace(/[^A-Za-z0-9.]+/g, '-');
let signing, serve, lie, made = 0;

async function begin() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  signing = { key: privateKey, kid: `key-${++made}` };
  const jwk = { ...(await exportJWK(privateKey)), kid: signing.kid, alg: 'RS256', use: 'sig' };
  const provider = new Provider(issuer, {
    jwks: { keys: [jwk] },
    clients: [
      { client_id: 'register', client_secret: 's%cret:1', redirect_uris: [`${register}/sign-in/from/${key}`],
        post_logout_redirect_uris: [`${register}/sign-in`],
        backchannel_logout_uri: `${register}/sign-out/from/${key}`, backchannel_logout_session_required: true },
      { client_id: 'robot', client_secret: 'robot', redirect_uris: [], response_types: [],
        grant_types: ['client_credentials'] },
    ],
    cookies: { keys: ['only for tests'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id.replace(/^unverified-/, '')}@city.example`, email_verified: !id.startsWith('unverified-') }),
    }),
    formats: {
      customizers: {
        jwt: (_, token, parts) => {
          if (token.aud !== 'api://register') return;
          // As Entra ID does.
          parts.header = { typ: 'JWT' };
          parts.payload.azp = parts.payload.client_id;
          delete parts.payload.client_id;
        },
      },
    },
    // Theirs asks nobody on this machine.
    fetch: (address, { dispatcher, ...asked }) => fetch(address, asked),
    features: {
      clientCredentials: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      backchannelLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_, client) => (client.clientId === 'robot' ? register : undefined),
        getResourceServerInfo: (_, resource) => ({ scope: '', audience: resource, accessTokenFormat: 'jwt' }),
      },
    },
  });
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path === '/token' && lie && ctx.body?.id_token) {
      const header = { ...decodeProtectedHeader(ctx.body.id_token), ...lie.header };
      ctx.body.id_token = await sign(header, { ...decodeJwt(ctx.body.id_token), ...lie.claims });
    }
  });
  serve = provider.callback();
}

const sign = (header, claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: signing.kid, ...header }).sign(signing.key);

async function asked(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body ? JSON.parse(body) : null;
}

await begin();
createServer(async (request, response) => {
  if (!request.url.startsWith('/test/')) return serve(request, response);
  const said = await asked(request);
  let answer = '';
  if (request.url === '/test/rotate') await begin();
  if (request.url === '/test/lie') lie = said;
  if (request.url === '/test/sign') answer = await sign(said.header, said.claims);
  response.end(answer);
}).listen(Number(port), '127.0.0.1', () => console.log('listens'));
