// A real OpenID provider: the certified package oidc-provider, configured by the JSON in its first argument's file.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { Provider } from 'oidc-provider';

const given = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const certificate = readFileSync(given.certificate);

const provider = new Provider(given.issuer, {
  clients: given.clients,
  jwks: { keys: given.keys },
  cookies: { keys: [given.cookie_key] },
  claims: { openid: ['sub'], email: ['email'] },
  findAccount: (context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.com` }),
  }),
  // Of a client with a secret, such as the load balancer, the standard asks for none.
  pkce: { required: () => false },
  features: {
    // The package's own pages to log in and consent: any name is somebody.
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    // Access tokens for an API are JWTs with the API as their audience.
    resourceIndicators: {
      enabled: true,
      defaultResource: (context, client, oneOf) => oneOf,
      getResourceServerInfo: (context, resource) => ({
        scope: 'mlflow',
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 3600,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
});
createServer({ key: certificate, cert: certificate }, provider.callback()).listen(given.port, '127.0.0.1');
