import { C as contradictions, Ct as Failure, Dt as sayKind, E as isProgram, It as sayTime, Ot as tokensOf, X as sameLocation, _t as retryAfter, at as HttpFailure, c as loadTarget, g as maskInputs, gt as jsonObject, it as patiently, l as lockedAgainst, nt as ApiProblem, p as whereabouts, rt as githubApi, st as tokenRequest, v as detect, vt as parseObject, w as PROGRAMS, xt as InputProblems, y as readInputs, z as maskSecrets } from "./common.mjs";
import { i as usage } from "./arguments.mjs";
import { t as EXIT } from "./exit-code.mjs";
import { t as asFailure } from "./as-failure2.mjs";
import { n as credentialOf, t as REVOKED } from "./record.mjs";
import { n as validate } from "./validate2.mjs";
import { i as look, r as isRoot, s as openSession, t as amend } from "./session.mjs";
import { t as openShared } from "./shared-envelope.mjs";
import { t as withScratch } from "./scratch.mjs";
import { t as sayCancelled } from "./say4.mjs";
import { t as meet } from "./person.mjs";
import { t as isSafe } from "./options.mjs";
import { n as CLIENT_ID } from "./anthropic-sign-in2.mjs";
import { n as proveClient } from "./custom-sign-in2.mjs";
import { n as CLIENT_ID$1 } from "./openai-sign-in2.mjs";
import { c as sayProblem } from "./say-problem2.mjs";
async function programFileAt(world, path, { provider }, account, known) {
	let text = world.files.read(path) ?? "";
	for (let name of Object.keys(PROGRAMS)) {
		let target = await loadTarget(name), doc = target.parse(text);
		if (doc && target.providers.includes(provider)) for (let slot of [{
			provider,
			account
		}, ...target.slots(doc)]) {
			let credential = readSlot(world, target, text, slot);
			if (credential && known.some((one) => sameLogin(one, credential))) return isBare(target.print(target.set(doc, slot, void 0))) ? void 0 : {
				path,
				credential,
				remove: () => removeSlot(world, target, path, slot, credential)
			};
		}
	}
}
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
function real(path) {
	try {
		return process.getBuiltinModule("node:fs").realpathSync(path);
	} catch {
		return path;
	}
}
function isBare(text) {
	let doc = parseObject(text);
	return doc ? Object.keys(doc).length === 0 : /^(\s*(#.*)?(\r?\n|$))*$/.test(text);
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
		isBare(rest) ? world.files.remove(real(path)) : world.files.openBeside(real(path)).commit(rest), done = !0;
	}), done;
}
async function openLedgerLogin(session) {
	let { record } = await look(session);
	if (!record) return;
	let present = credentialOf(record), kept = isRoot(record) ? record.root.kept.map(({ credential }) => credential) : [], { label } = session.ledger;
	return {
		session,
		label,
		lineage: record.lineage,
		credentials: [present, ...kept]
	};
}
async function markEnded({ session }, told) {
	let marked = { type: "gone" };
	return await amend(session, ({ record, leaseLeftMs }) => {
		if (!isRoot(record)) {
			marked = { type: record ? "no-key" : "gone" };
			return;
		}
		let present = record.refresh ?? record.access.access;
		if (!told.some((token) => token.equals(present))) {
			marked = { type: "changed" };
			return;
		}
		marked = {
			type: "marked",
			lease: leaseLeftMs > 0 ? record.lease : void 0
		};
		let at = session.world.now();
		return {
			...record,
			dead: {
				at,
				why: REVOKED
			},
			accessExpiresAt: Math.min(record.accessExpiresAt ?? at, at)
		};
	}), marked;
}
async function gather(world, inputs, path) {
	let text = path === void 0 ? inputs.credential?.reveal() : readFile(world, path), detected = text === void 0 ? void 0 : await recognise(world, inputs, text), named = inputs.provider === "auto" ? void 0 : inputs.provider, provider = detected?.credential.provider ?? named;
	if (!provider && inputs.ledgerKey) throw usage("Say by `--provider` whose login in the ledger is meant.");
	let session = provider && inputs.ledgerKey ? await openSession(world, inputs, provider) : void 0, ledger = session && await openLedgerLogin(session), given = detected && openForUs(detected.credential, session, ledger), known = [given, ...ledger?.credentials ?? []].filter((credential) => credential !== void 0), files = await programFiles(world, inputs, provider, known), credentials = known.length > 0 ? known : files.map(({ credential }) => credential), whose = provider ?? credentials[0]?.provider;
	if (!whose || credentials.length === 0) throw new Failure("credential-missing", "There is no login to end: nothing is in `--credential`, `--file`, the ledger, or the files of `--targets`.", "Name one of them. `oauth-creds help revoke` has examples.");
	if (credentials.some((other) => other.provider !== whose)) throw usage("These are logins of several providers: end one at a time, by `--provider`.");
	return {
		provider: whose,
		credentials,
		detected,
		path,
		own: given && path !== void 0 ? await programFileAt(world, path, given, inputs.account, known) : void 0,
		ledger,
		files
	};
}
async function lookAgain(holdings) {
	let { ledger: before, credentials } = holdings;
	if (!before) return holdings;
	let ledger = await openLedgerLogin(before.session);
	if (ledger?.lineage !== before.lineage) throw new Failure("ledger-busy", `Another login stands in ${before.label} by now. Nothing was ended.`, "Run it again.");
	let elsewhere = credentials.filter((credential) => !before.credentials.includes(credential));
	return {
		...holdings,
		ledger,
		credentials: [...elsewhere, ...ledger.credentials]
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
function openForUs(credential, session, ledger) {
	let opened = session ? openShared(credential, session.keys, session.site) : credential, { shared, refresh } = opened;
	if (!shared || refresh) return opened;
	let [present] = ledger?.credentials ?? [];
	if (ledger?.lineage === shared.lineage && present?.refresh) return opened;
	throw new Failure("input-invalid", session ? "What renews this login is sealed for a ledger, and cannot be opened with this key, for this ledger. Nothing was done: the access token alone would not end the login." : "What renews this login is sealed for the ledger that it is kept in. Nothing was done: the access token alone would not end the login.", "Give the root key (ocr1_…) of its ledger by `--ledger-key`, and say where that is as the workflow does (`--ledger`, `--ledger-repository`, `--account`).");
}
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
	for (let told of tokens) try {
		let revocation = await tell$1(world, provider, url, told, settings);
		if (revocation.type === "refused" && !UNSUPPORTED.has(revocation.error)) throw sayRefused(revocation.error);
		ends.push({
			told,
			left: revocation.type === "refused" ? revocation.error : void 0
		});
	} catch (error) {
		if (ends.length === 0) throw error;
		return {
			ends,
			failure: asFailure(error)
		};
	}
	return {
		ends,
		failure: void 0
	};
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
	let ends = [];
	for (let place of [inputs.rotateTo ?? [], inputs.accessTo].flat()) ends.push(await end(world, inputs, place));
	return ends;
}
async function end(world, inputs, place) {
	let { label, forge } = place, byHand = commandFor(place, forge);
	if (!inputs.secretsToken) return {
		label,
		type: "left",
		why: byHand
	};
	let deadline = world.now() + 2e4;
	try {
		return {
			label,
			type: await patiently(world, () => deadline, () => remove(world, inputs, place)) ? "deleted" : "absent"
		};
	} catch (error) {
		return {
			label,
			type: "left",
			why: `${(error instanceof ApiProblem ? sayProblem(error, place) : asFailure(error)).message} ${byHand}`
		};
	}
}
async function remove(world, inputs, place) {
	let { github, request, secretsToken } = inputs;
	if (place.forge === "gitlab") return (await import("./gitlab.mjs")).deleteVariable(world, inputs, place);
	if (place.forge) return (await import("./gitea.mjs")).deleteFromGitea(world, inputs, place);
	if (!secretsToken) throw Error("no token for the place");
	let { pathOf, versionFor } = await import("./other-places.mjs"), call = githubApi(world, github.apiUrl, secretsToken, request.userAgent, versionFor(place)), path = pathOf(place), answer = await call("DELETE", `${path}/${place.name}`, [204, 404]);
	return answer.status === 404 && await call("GET", `${path}/public-key`, [200]), answer.status === 204;
}
function commandFor({ kind, name, within, repository }, forge) {
	return forge ? "Delete it in the settings of its server." : `Delete it: \`gh secret delete ${name} ${{
		repository: `--repo ${repository}`,
		environment: `--env ${quoted(within ?? "")} --repo ${repository}`,
		organization: `--org ${repository}`,
		dependabot: `--app dependabot --repo ${repository}`,
		codespaces: `--app codespaces --repo ${repository}`,
		agents: `--app agents --repo ${repository}`
	}[kind]}\`.`;
}
const quoted = (word) => /^[\w.-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
async function endEverywhere(world, inputs, holdings, revokeUrl, report) {
	await endTokens(world, inputs, holdings, revokeUrl, report) && await endInLedger(holdings, report) && (await endSecrets(world, inputs, holdings, report), await endFiles(world, holdings, report));
}
async function endTokens(world, inputs, { provider, credentials }, revokeUrl, { done, left, notes }) {
	let tokens = tokensToEnd(credentials), { ends, failure } = await endAtProvider(world, provider, tokens, inputs.request, revokeUrl);
	for (let { told, left: word } of ends) {
		let name = told.hint === "refresh_token" ? `the ${sayKind(told.of)}` : sayToken(told.of);
		word === void 0 ? done.push(`the provider took the revocation of ${name}.`) : left.push(`${name} was not revoked, for the provider does not end such tokens (${word}).`);
	}
	if (failure) return left.push(`${ends.length} of ${tokens.length} tokens were told to the provider. ${failure.message} Run it again.`), !1;
	let renewable = credentials.some(({ kind, refresh }) => kind === "setup-token" || refresh);
	return !renewable && credentials.some(({ kind }) => kind === "login") ? left.push("the login itself lives on: what renews it is not here. Run this where it is stored, or with its secret.") : renewable || notes.push("a login that this access token belongs to lives on. Run this where it is stored, or with its secret."), notes.push(...await sayAccess(world, inputs, credentials)), !0;
}
async function endInLedger({ ledger, credentials }, { done, left, notes }) {
	if (!ledger) return !0;
	let { label } = ledger, told = tokensToEnd(credentials).map(({ token }) => token);
	try {
		let end = await markEnded(ledger, told);
		if (end.type === "changed") return left.push(`${label} was not marked: a job has renewed the login meanwhile, or has taken over another one. Nothing else was touched: run it again.`), !1;
		end.type === "marked" ? done.push(`${label} says that the login is ended.`) : end.type === "gone" ? notes.push(`${label} was not there any more.`) : left.push(`${label} could not be marked: that takes a root key (ocr1_…).`), end.type === "marked" && end.lease && notes.push(sayHeld(end.lease));
	} catch (error) {
		left.push(`${label} could not be marked: ${asFailure(error).message}`);
	}
	return !0;
}
const sayHeld = ({ phase, owner }) => phase === "checked-out" ? `the program of ${owner} has this login, and may renew it. Run this once more when that job has ended.` : "a job is renewing this login just now. Run this once more in two minutes.";
async function endSecrets(world, inputs, { detected }, { done, left, notes }) {
	for (let end of await deleteSecrets(world, inputs)) end.type === "deleted" ? done.push(`${end.label} is deleted.`) : end.type === "left" ? left.push(`${end.label} is still there. ${end.why}`) : notes.push(`${end.label} was not there.`);
	let stored = detected?.stored?.location, named = [inputs.rotateTo ?? [], inputs.accessTo].flat();
	if (stored && !named.some((place) => sameLocation(stored, place))) {
		let of = [stored.kind === "environment" ? stored.within : [], stored.repository].flat().join(" of ");
		notes.push(`the ${stored.kind} secret ${stored.name} of ${of} holds a copy. ${commandFor(stored, inputs.github.forge)}`);
	}
}
async function endFiles({ files: disk }, { files, own, path }, report) {
	for (let file of files) await endFile(file, report);
	if (path === void 0 || files.some((file) => real(file.path) === real(path))) return;
	if (own) return endFile(own, report);
	let { lstatSync, realpathSync } = process.getBuiltinModule("node:fs");
	try {
		let file = realpathSync(path);
		if (!lstatSync(file).isFile()) throw new Failure("file-failed", "It is no file that could be removed.", "");
		disk.remove(file), report.done.push(`${path} is removed.`);
	} catch (error) {
		report.left.push(`${path} still holds the login. ${asFailure(error).message}`);
	}
}
async function endFile(file, { done, left, notes }) {
	try {
		await file.remove() ? done.push(`${file.path} holds it no more.`) : notes.push(`${file.path} holds another login by now.`);
	} catch (error) {
		left.push(`${file.path} still holds the login. ${asFailure(error).message}`);
	}
}
const sayToken = (credential) => credential.kind === "login" ? `the access token of the ${sayKind(credential)}` : `the ${sayKind(credential)}`;
async function sayAccess(world, inputs, credentials) {
	let said = [];
	for (let credential of credentials) {
		let { access, accessExpiresAt, kind } = credential;
		if (!access || (accessExpiresAt ?? Infinity) <= world.now()) continue;
		if (inputs.validate === "online") {
			let verdict = await validate(world, credential, inputs.request).catch(() => void 0);
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
const until = (end) => end === void 0 ? "" : ` (it ends at ${sayTime(end)})`, run = (call) => withScratch(call.world, (world) => endLogin({
	...call,
	world
}));
async function endLogin({ world, terminal, flags }) {
	await maskInputs(world);
	let inputs = readInputs(world.env, "post");
	checkInputs(inputs, world);
	let [path, revokeUrl] = ["file", "revoke-url"].map((name) => flags[name]);
	if (revokeUrl !== void 0 && !isSafe(revokeUrl)) throw usage("`--revoke-url` must be an https address (http only on a loopback address).");
	let holdings = await gather(world, inputs, path);
	maskSecrets(world.runner, holdings.credentials.flatMap(tokensOf));
	let person = meet(terminal, () => interrupted(world));
	try {
		flags.yes !== !0 && (await confirm(person, holdings, inputs), holdings = await lookAgain(holdings), maskSecrets(world.runner, holdings.credentials.flatMap(tokensOf)));
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
function interrupted(world) {
	let hold = world.holdSignals();
	process.emit("SIGINT", "SIGINT"), hold.release();
}
const tell = ({ done, left, notes }) => [
	...done.map((text) => `Done: ${text}`),
	...left.map((text) => `NOT done: ${text}`),
	...notes.map((text) => `Note: ${text}`)
].join("\n");
async function confirm(person, { credentials, ledger, files, path }, inputs) {
	if (!person.present) throw usage("Nobody can be asked here: `--yes` ends the login without asking.");
	let places = [inputs.rotateTo ?? [], inputs.accessTo].flat(), also = [
		ledger?.label,
		...places.map(({ label }) => label),
		...files.map((file) => file.path),
		path
	].filter(Boolean), names = [...new Set(credentials.map(sayKind))].join(", "), copies = also.length > 0 ? `\nIts copies here: ${also.join("; ")}.` : "", answer = await person.ask(`End this login for good: ${names}?${copies}\nWhatever uses it stops working. [y/N] `);
	if (!/^y(es)?$/i.test(answer ?? "")) throw sayCancelled("Nothing was ended.");
}
function checkInputs(inputs, world) {
	let rotates = !!world.env["INPUT_ROTATE-TO"]?.trim(), kinds = new Set([
		"ledger-provider",
		"custom-needs",
		"custom-validate",
		"secret-of-public-client"
	]), problems = contradictions(inputs, world.env, rotates).filter(([kind, name]) => kind === "missing" ? name !== "credential" && name !== "secrets-token" : !kinds.has(kind));
	if (problems.length > 0) throw new InputProblems(problems);
}
export { run };
