import { Ct as Failure, Et as livesFor, Ot as tokensOf, v as detect, z as maskSecrets } from "./common.mjs";
import { n as validate, t as sayVerdict } from "./validate2.mjs";
import { n as refuseOwnLogin } from "./own-login.mjs";
async function readToken(world, inputs, person, online) {
	let text = await person.paste("Paste the credential (it will not be shown), then press Enter: ", { all: !0 });
	if (!text?.trim()) throw new Failure("credential-missing", "`--with-token` reads a credential from stdin, and nothing came.", "For example: `oauth-creds login anthropic --with-token < token.txt`.");
	let { provider, account, credentialExpiresAt: endsAt } = inputs, { credential, stored, notices, warnings } = await detect(text, {
		provider,
		account,
		endsAt
	}, world.now());
	maskSecrets(world.runner, tokensOf(credential));
	for (let notice of notices) world.runner.notice(notice);
	for (let warning of warnings) world.runner.warning(warning);
	if (credential.kind === "login" && !credential.refresh) throw new Failure("credential-unusable", "This is a copy whose refresh token is sealed for those who have the ledger's key: nobody could renew it elsewhere.", "Sign in once more for a login of its own.");
	return await refuseOwnLogin(world, inputs, credential), stored && credential.refresh && world.runner.warning(`This login is kept in the ${stored.location.kind} secret ${stored.location.name} of ${stored.location.repository}. Of two copies that are renewed each soon ends the other: delete that one, or sign in once more for a login of its own.`), online && await checkOnline(world, inputs, credential), credential;
}
async function checkOnline(world, inputs, credential) {
	let { runner } = world;
	if (!livesFor({
		...credential,
		kind: "access"
	}, 0, world.now())) {
		if (credential.refresh) {
			runner.notice("There is no access token in it that lives, and its refresh token works once, so it was not tried: the first job that renews it will show whether it works.");
			return;
		}
		throw new Failure("credential-ended", "This token has ended.", "Sign in once more.");
	}
	let verdict = await validate(world, credential, inputs.request);
	if (!verdict) {
		runner.notice("It was not checked: no request is known by which this server would show whether a token is good.");
		return;
	}
	let saying = sayVerdict(verdict, credential);
	if (saying.level === "failure") throw saying.failure;
	runner[saying.level](saying.text);
}
export { checkOnline, readToken };
