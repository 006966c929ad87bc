/** The part of `oidc-provider` that these tests use; the package brings no types of its own. */
declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  interface Client {
    readonly clientId: string;
  }
  interface Token {
    readonly jti: string;
    readonly accountId: string;
    readonly grantId: string;
    readonly scope: string;
    /** Seconds since 1970. */
    readonly exp: number;
    readonly iiat?: number;
    readonly consumed?: unknown;
    /** Stores the token; the answer is its value. */
    save(): Promise<string>;
  }
  interface Grant extends Token {
    addOIDCScope(scope: string): void;
  }
  interface Model<Instance> {
    new (properties: object): Instance;
    find(value: string): Promise<Instance | undefined>;
  }
  export class Provider {
    constructor(issuer: string, configuration: object);
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
    readonly Client: { find(id: string): Promise<Client | undefined> };
    readonly Grant: Model<Grant>;
    readonly AccessToken: Model<Token>;
    readonly RefreshToken: Model<Token>;
  }
}
