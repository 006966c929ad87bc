import { $ as ApiProblem, At as tokensOf, C as PROGRAMS, Et as sayTime, R as maskSecrets, S as contradictions, T as isProgram, _ as detect, bt as Failure, c as loadTarget, et as githubApi, h as maskInputs, ht as parseObject, it as tokenRequest, kt as sayKind, l as lockedAgainst, mt as retryAfter, nt as HttpFailure, p as whereabouts, pt as jsonObject, tt as patiently, v as readInputs, vt as InputProblems, xt as asFailure } from "./common.mjs";
import { r as usage } from "./arguments.mjs";
import { t as EXIT } from "./exit-code.mjs";
import { c as isRoot, d as credentialOf, l as look, r as openSession, s as openShared, u as swap } from "./share.mjs";
import { n as validate } from "./validate2.mjs";
import { t as sayCancelled } from "./say2.mjs";
import { a as saysPlace, n as isSafe, t as meet } from "./person.mjs";
import { n as CLIENT_ID } from "./anthropic-sign-in2.mjs";
import { n as proveClient } from "./custom-sign-in2.mjs";
import { n as CLIENT_ID$1 } from "./openai-sign-in2.mjs";
import { c as sayProblem } from "./say-problem2.mjs";
async function programFiles(world, inputs, provider, known) {
	let found = [];
	for (let { name } of inputs.targets) {
		if (!isProgram(name)) continue;
		let target = await loadTarget(name), path = target?.path(whereabouts(world, inputs)), text = path === void 0 ? void 0 : world.files.read(path);
		if (target && path !== void 0 && text !== void 0) for (let whose of PROGRAMS[name]) {
			if (provider !== void 0 && whose !== provider) continue;
			let slot = {
				provider: whose,
				account: inputs.account
			}, credential = readSlot(world, target, text, slot);
			credential && (known.length > 0 && !known.some((one) => sameLogin(one, credential)) ? world.runner.notice(`${path} holds another login, which is left as it is.`) : found.push({
				path,
				credential,
				remove: () => removeSlot(world, target, path, slot, credential)
			}));
		}
	}
	return found;
}
function readSlot(world, target, text, slot) {
	let doc = target.parse(text), section = doc && target.get(doc, slot);
	return section && target.read(section, slot, world.now());
}
function sameLogin(one, other) {
	let same = (name) => one[name]?.equals(other[name]) === !0;
	return same("access") || same("refresh");
}
async function removeSlot(world, target, path, slot, credential) {
	let done = !1, entry = {
		target: target.name,
		slot,
		path,
		temp: "",
		made: [],
		backup: void 0
	};
	return await lockedAgainst(world, {
		target,
		entry
	}, () => {
		let text = world.files.read(path) ?? "", present = readSlot(world, target, text, slot), doc = target.parse(text);
		if (!doc || !present || !sameLogin(present, credential)) return;
		let rest = target.print(target.set(doc, slot, void 0));
		Object.keys(parseObject(rest) ?? {}).length === 0 ? world.files.remove(path) : world.files.openBeside(path).commit(rest), done = !0;
	}), done;
}
async function openLedgerLogin(world, inputs, provider) {
	let session = await openSession(world, inputs, provider), { record, leaseLeftMs } = await look(session);
	if (!record) return;
	let present = credentialOf(record), kept = isRoot(record) ? record.root.kept.map(({ credential }) => credential) : [];
	return {
		session,
		label: session.ledger.label,
		credentials: [present, ...kept],
		held: leaseLeftMs > 0
	};
}
async function markEnded({ session }) {
	for (let round = 1; round <= 5; round++) {
		let { entry, record } = await look(session);
		if (!isRoot(record)) return record === void 0;
		let at = session.world.now(), dead = {
			at: session.ledger.serverTime ? entry?.writtenAt ?? at : at,
			why: "revoked by its owner"
		}, ended = {
			...record,
			dead,
			accessExpiresAt: Math.min(record.accessExpiresAt ?? at, at)
		};
		if ((await swap(session, entry, ended)).type === "swapped") return !0;
	}
	return !1;
}
async function gather(world, inputs, path) {
	let text = path === void 0 ? inputs.credential?.reveal() : readFile(world, path), detected = text === void 0 ? void 0 : await recognise(world, inputs, text), named = inputs.provider === "auto" ? void 0 : inputs.provider, provider = detected?.credential.provider ?? named;
	if (!provider && inputs.ledgerKey) throw usage("Say by `--provider` whose login in the ledger is meant.");
	let ledger = provider && inputs.ledgerKey ? await openLedgerLogin(world, inputs, provider) : void 0, known = [detected && openForUs(detected.credential, ledger), ...ledger?.credentials ?? []].filter((credential) => credential !== void 0), files = await programFiles(world, inputs, provider, known), credentials = known.length > 0 ? known : files.map(({ credential }) => credential), whose = provider ?? credentials[0]?.provider;
	if (!whose || credentials.length === 0) throw new Failure("credential-missing", "There is no login to end: nothing is in `--credential`, `--file`, the ledger, or the files of `--targets`.", "Name one of them. `oauth-creds help revoke` has examples.");
	if (credentials.some((other) => other.provider !== whose)) throw usage("These are logins of several providers: end one at a time, by `--provider`.");
	return {
		provider: whose,
		credentials,
		detected,
		path,
		ledger,
		files
	};
}
function readFile(world, path) {
	let text = world.files.read(path);
	if (text !== void 0) return text;
	throw usage("There is no such file as `--file` names.");
}
function recognise(world, inputs, text) {
	let { provider, account, ledgerKey } = inputs;
	return detect(text, {
		provider,
		account,
		endsAt: void 0,
		ledgerKey
	}, world.now());
}
const openForUs = (credential, ledger) => ledger ? openShared(credential, ledger.session.keys, ledger.session.site) : credential;
function tokensToEnd(credentials) {
	let told = [], add = (token, hint, of) => {
		token && !told.some((other) => other.token.equals(token)) && told.push({
			token,
			hint,
			of
		});
	};
	for (let credential of credentials) add(credential.refresh, "refresh_token", credential), add(credential.predecessor, "refresh_token", credential), credential.refresh || add(credential.access, "access_token", credential);
	return told;
}
function revokeUrlOf(provider, { tokenUrl }, said) {
	return said !== void 0 || provider === "custom" ? said : provider === "anthropic" ? `${tokenUrl ?? "https://platform.claude.com/v1/oauth/token"}/revoke` : new URL("/oauth/revoke", tokenUrl ?? "https://auth.openai.com/oauth/token").href;
}
function revokeRequest(provider, url, { token, hint, clientId, clientAuth }, settings) {
	let asked = {
		token: token.reveal(),
		token_type_hint: hint
	};
	if (provider === "custom") {
		let { headers, fields } = proveClient({
			...settings,
			clientId: settings.clientId ?? clientId
		}, clientAuth);
		return tokenRequest(url, {
			...asked,
			...fields
		}, settings, "form", headers);
	}
	let own = provider === "anthropic" ? CLIENT_ID : CLIENT_ID$1;
	return tokenRequest(url, {
		...asked,
		client_id: settings.clientId ?? clientId ?? own
	}, settings, "json");
}
function readRevocation(provider, answer, receivedAt) {
	let { status, headers } = answer;
	if (status >= 200 && status < 300 && (provider !== "anthropic" || headers["request-id"])) return { type: "accepted" };
	let said = jsonObject(answer)?.error, { code, type } = said instanceof Object ? said : { code: said }, word = code ?? type;
	return typeof word == "string" && /^[a-z_]{1,40}$/.test(word) && status >= 400 && status < 500 && status !== 429 ? {
		type: "refused",
		error: word
	} : status === 405 || status === 404 || status === 400 ? {
		type: "refused",
		error: `status ${status}`
	} : {
		type: "passing",
		status,
		waitMs: retryAfter(answer, receivedAt)
	};
}
const UNSUPPORTED = new Set(["unsupported_token_type"]);
async function endAtProvider(world, provider, tokens, settings, said) {
	let url = revokeUrlOf(provider, settings, said);
	if (url === void 0) throw usage("Where does this server end tokens? Say it by `--revoke-url` (RFC 7009). Nothing was removed.");
	let ends = [];
	for (let told of tokens) {
		let revocation = await tell$1(world, provider, url, told, settings);
		if (revocation.type === "refused" && !UNSUPPORTED.has(revocation.error)) throw sayRefused(revocation.error);
		ends.push({
			told,
			left: revocation.type === "refused" ? revocation.error : void 0
		});
	}
	return ends;
}
async function tell$1(world, provider, url, { token, hint, of }, settings) {
	let { clientAuth } = of;
	for (let tries = 1;; tries++) {
		let revocation = await ask(world, provider, revokeRequest(provider, url, {
			token,
			hint,
			clientId: of.clientId,
			clientAuth
		}, settings)), mayBePost = provider === "custom" && settings.clientSecret && clientAuth === void 0;
		if (revocation.type === "refused" && revocation.error === "invalid_client" && mayBePost) {
			clientAuth = "post";
			continue;
		}
		if (revocation.type !== "passing") return revocation;
		let pause = revocation.waitMs ?? 1e3 * 2 ** (tries - 1);
		if (tries >= 4 || pause > 3e4) throw sayNotAsked(revocation.status);
		await world.sleep(pause);
	}
}
async function ask(world, provider, request) {
	try {
		return readRevocation(provider, await world.http(request), world.now());
	} catch (error) {
		if (!(error instanceof HttpFailure)) throw error;
		return {
			type: "passing",
			status: 0,
			waitMs: void 0
		};
	}
}
const sayRefused = (error) => new Failure("request-rejected", `The provider does not take the revocation (${error}), so the login still works. Nothing was removed.`, "Check `--client-id`, `--client-secret`, `--token-url` and `--revoke-url`.");
function sayNotAsked(status) {
	let what = status === 0 ? "The provider could not be reached" : `The provider did not take the revocation (status ${status}, after 4 tries)`;
	return new Failure(status === 0 ? "provider-unreachable" : status === 403 || status === 429 ? "throttled" : "answer-unclear", `${what}, so the login may still work. Nothing was removed.`, "Run the same command later.");
}
async function deleteSecrets(world, inputs) {
	let { github, secretsToken, request } = inputs, places = [inputs.rotateTo ?? [], inputs.accessTo].flat();
	if (!secretsToken) return places.map((place) => ({
		label: place.label,
		left: commandFor(place)
	}));
	let call = githubApi(world, github.apiUrl, secretsToken, request.userAgent), ends = [];
	for (let place of places) {
		let path = pathOf(place), left = path === void 0 ? commandFor(place) : await remove(world, call, path, place);
		ends.push({
			label: place.label,
			left
		});
	}
	return ends;
}
async function remove(world, call, path, place) {
	let deadline = world.now() + 2e4;
	try {
		await patiently(world, () => deadline, () => call("DELETE", path, [204, 404]));
		return;
	} catch (error) {
		if (!(error instanceof ApiProblem)) throw error;
		return `${sayProblem(error, place).message} ${commandFor(place)}`;
	}
}
function pathOf({ kind, name, within, repository, forge }) {
	if (!forge) switch (kind) {
		case "repository": return `/repos/${repository}/actions/secrets/${name}`;
		case "environment": return `/repos/${repository}/environments/${within}/secrets/${name}`;
		case "organization": return `/orgs/${repository}/actions/secrets/${name}`;
		case "dependabot":
		case "codespaces": return `/repos/${repository}/${kind}/secrets/${name}`;
		default: return;
	}
}
function commandFor({ kind, name, within, repository, forge }) {
	return forge ? "Delete it in the settings of its server." : `Delete it: \`gh secret delete ${name} ${{
		repository: `--repo ${repository}`,
		environment: `--env ${within} --repo ${repository}`,
		organization: `--org ${repository}`,
		dependabot: `--app dependabot --repo ${repository}`,
		codespaces: `--app codespaces --repo ${repository}`,
		agents: `--app agents --repo ${repository}`
	}[kind]}\`.`;
}
async function run({ world, terminal, flags }) {
	maskInputs(world);
	let inputs = readInputs(world.env, "post");
	checkInputs(inputs, world);
	let [path, revokeUrl] = ["file", "revoke-url"].map((name) => flags[name]);
	if (revokeUrl !== void 0 && !isSafe(revokeUrl)) throw usage("`--revoke-url` must be an https address (http only on a loopback address).");
	let holdings = await gather(world, inputs, path);
	maskSecrets(world.runner, holdings.credentials.flatMap(tokensOf));
	let person = meet(terminal, () => {});
	try {
		flags.yes !== !0 && await confirm(person, holdings, inputs);
	} finally {
		person.leave();
	}
	let report = {
		done: [],
		left: [],
		notes: []
	};
	return await endEverywhere(world, inputs, holdings, revokeUrl, report), terminal.answer(tell(report), {
		provider: holdings.provider,
		...report
	}), report.left.length > 0 ? EXIT.failure : EXIT.done;
}
const tell = ({ done, left, notes }) => [
	...done.map((text) => `Done: ${text}`),
	...left.map((text) => `NOT done: ${text}`),
	...notes.map((text) => `Note: ${text}`)
].join("\n");
async function endEverywhere(world, inputs, { provider, credentials, detected, ledger, files, path }, revokeUrl, { done, left, notes }) {
	let tokens = tokensToEnd(credentials);
	for (let { told, left: word } of await endAtProvider(world, provider, tokens, inputs.request, revokeUrl)) {
		let name = told.hint === "refresh_token" ? `the ${sayKind(told.of)}` : sayToken(told.of);
		word === void 0 ? done.push(`the provider took the revocation of ${name}.`) : left.push(`${name} was not revoked, for the provider does not end such tokens (${word}).`);
	}
	if (notes.push(...await sayAccess(world, inputs, credentials)), ledger) {
		let why = await markEnded(ledger).catch((error) => asFailure(error).message);
		why === !0 ? done.push(`${ledger.label} says that the login is ended.`) : left.push(`${ledger.label} could not be marked: ${why || "that takes a root key (ocr1_…)."}`), ledger.held && notes.push("a job is renewing this login just now. Run this once more in two minutes.");
	}
	for (let { label, left: why } of await deleteSecrets(world, inputs)) why === void 0 ? done.push(`${label} is deleted.`) : left.push(`${label} is still there. ${why}`);
	let stored = detected?.stored?.location;
	if (stored && inputs.rotateTo?.name !== stored.name) {
		let where = `the ${stored.kind} secret ${stored.name} of ${stored.repository}`;
		notes.push(`${where} holds a copy. Delete it with \`gh secret delete\`.`);
	}
	for (let file of files) await file.remove() ? done.push(`${file.path} holds it no more.`) : notes.push(`${file.path} holds another login by now.`);
	path !== void 0 && (world.files.remove(path), done.push(`${path} is removed.`));
}
const sayToken = (credential) => credential.kind === "login" ? `the access token of the ${sayKind(credential)}` : `the ${sayKind(credential)}`;
async function sayAccess(world, inputs, credentials) {
	let said = [];
	for (let credential of credentials) {
		let { access, accessExpiresAt, kind } = credential;
		if (!access || (accessExpiresAt ?? Infinity) <= world.now()) continue;
		if (inputs.validate === "online") {
			let verdict = await validate(world, credential, inputs.request);
			if (verdict?.type === "refused") continue;
			if (verdict?.type === "valid" || verdict?.type === "limited") {
				said.push(`${sayToken(credential)} is still accepted${until(accessExpiresAt)}.`);
				continue;
			}
		}
		let page = kind === "setup-token" ? " See https://claude.ai/settings/claude-code, where the tokens of an account are listed." : "";
		said.push(`whether ${sayToken(credential)} still works is not known${until(accessExpiresAt)}.${page}`);
	}
	return [...new Set(said)];
}
const until = (end) => end === void 0 ? "" : ` (it ends at ${sayTime(end)})`;
async function confirm(person, { credentials, ledger, files, path }, inputs) {
	if (!person.present) throw usage("Nobody can be asked here: `--yes` ends the login without asking.");
	let places = [inputs.rotateTo ?? [], inputs.accessTo].flat(), also = [
		ledger?.label,
		...places.map(({ label }) => label),
		...files.map((file) => file.path),
		path
	].filter(Boolean), names = [...new Set(credentials.map(sayKind))].join(", "), copies = also.length > 0 ? `\nIts copies here: ${also.join("; ")}.` : "", answer = await person.ask(`End this login for good: ${names}?${copies}\nWhatever uses it stops working. [y/N] `);
	if (!/^y(es)?$/i.test(answer)) throw sayCancelled("Nothing was ended.");
}
function checkInputs(inputs, world) {
	let rotates = !!world.env["INPUT_ROTATE-TO"]?.trim(), kinds = new Set([
		"ledger-provider",
		"custom-needs",
		"custom-validate",
		"secret-of-public-client"
	]), problems = contradictions(inputs, world.env, rotates).filter(([kind, name]) => kind === "missing" ? name !== "credential" && name !== "secrets-token" : !kinds.has(kind) && !(kind === "place-none" && saysPlace(inputs)));
	if (problems.length > 0) throw new InputProblems(problems);
}
export { run };
