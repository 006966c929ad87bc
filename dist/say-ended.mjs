import { H as isoTime, q as sayKind, z as Failure } from "./common.mjs";
function sayEnded(credential) {
	let end = credential.accessExpiresAt === void 0 ? "" : ` at ${isoTime(credential.accessExpiresAt)}`;
	return credential.kind === "login" ? new Failure("credential-ended", credential.access ? `The access token ends too soon${end}, and \`refresh: never\` forbids to renew it.` : "The credential holds no access token, and `refresh: never` forbids to fetch one.", "Let another job refresh it first, or set `refresh: auto`.") : new Failure("credential-ended", `The ${sayKind(credential)} ended${end}, and it cannot be renewed.`, credential.provider === "anthropic" ? "Make a new one with `claude setup-token` and store it with `gh secret set`." : "Store a login with its refresh token, or a new access token.");
}
export { sayEnded };
