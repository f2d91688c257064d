// An OAuth authorization server: node oauth_server.mjs OIDC_PROVIDER PORT RESOURCE [names-itself]
//
// Clients register themselves, users log in by any name, access tokens are JWTs for RESOURCE that are valid for 2 seconds. Unless
// it names itself (RFC 9207), its metadata does not say that it does.
import { pathToFileURL } from "node:url";

const [module, port, resource, namesItself] = process.argv.slice(2);
const { Provider, errors } = await import(pathToFileURL(module));

const TOKEN_SECONDS = 2;
const provider = new Provider(`http://127.0.0.1:${port}`, {
  features: {
    devInteractions: { enabled: true },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, named) => {
        if (named !== resource) throw new errors.InvalidTarget();
        return {
          scope: "openid offline_access",
          audience: resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: TOKEN_SECONDS,
          jwt: { sign: { alg: "RS256" } },
        };
      },
    },
  },
  issueRefreshToken: (_context, client) => client.grantTypeAllowed("refresh_token"),
  pkce: { required: () => true },
  rotateRefreshToken: true,
});
provider.use(async (context, next) => {
  await next();
  if (!namesItself && context.path.startsWith("/.well-known/")) {
    delete context.body?.authorization_response_iss_parameter_supported;
  }
});
provider.on("grant.success", (context) => console.log(`granted ${context.oidc.params.grant_type}`));
provider.on("registration_create.success", (_context, client) => console.log(`registered ${client.clientId}`));
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
