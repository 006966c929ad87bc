import { Ct as Failure, D as targetsFor, E as isProgram, K as prepare, Nt as isoTime, Z as storedLocation, c as loadTarget, g as maskInputs, j as openStore, kt as Secret, p as whereabouts, q as storeGeneration, s as openTargets, tt as sealEnvelope, y as readInputs } from "./common.mjs";
import { i as usage } from "./arguments.mjs";
import { t as EXIT } from "./exit-code.mjs";
import { t as asFailure } from "./as-failure2.mjs";
import { n as isCi } from "./ci2.mjs";
import { n as orRescue } from "./rescue.mjs";
import { i as sayLogin } from "./say4.mjs";
import { t as meet } from "./person.mjs";
import { t as listener } from "./listener.mjs";
import { n as providerOf, r as readOptions } from "./options.mjs";
function openLoginFile(world, name, force) {
	let path = process.getBuiltinModule("node:path").resolve(name), { files } = world;
	if (files.isSymlink(path)) throw new Failure("unsafe-path", `${path} is a symbolic link: the login would land somewhere else.`, "Name the file itself in `--output`.");
	let taken = files.exists(path);
	if (taken && !force) throw sayTaken(path);
	let pending;
	try {
		pending = taken ? files.openBeside(path) : files.openNew(path);
	} catch (error) {
		let { code } = error;
		throw code === "EEXIST" ? sayTaken(path) : new Failure("file-failed", `The file ${path} cannot be written (${code ?? "unknown"}).`, "Name another one in `--output`, in a folder that exists and that you may write.");
	}
	return {
		path,
		write: (text) => pending.commit(text),
		discard: () => pending.discard()
	};
}
const sayTaken = (path) => new Failure("input-invalid", `${path} is there already, and may be the only copy of a login.`, "Name another file in `--output`, or replace this one with `--force`.");
async function openSecret(world, inputs, person) {
	let store = await openStore(world, inputs);
	if (!store) return;
	let { label } = store.location, prepared;
	try {
		prepared = await proveWritable(world, store, inputs.createSecrets);
	} catch (error) {
		if (!(error instanceof Failure && error.code === "secret-not-found" && person.present)) throw error;
		let answer = await person.ask(`There is no ${label.replace(/^the /, "")} yet. Make it? [Y/n] `);
		if (answer === void 0) throw (await import("./say3.mjs")).sayCancelled();
		if (!/^(y|yes|)$/i.test(answer)) throw error;
		prepared = await proveWritable(world, store, !0);
	}
	return prepared.baseline !== void 0 && person.tell(`What stands in ${label} now will be replaced.`), {
		label,
		store: (credential) => replace(world, store, credential, prepared)
	};
}
function proveWritable(world, store, createSecrets) {
	let location = storedLocation(store.location);
	return prepare(world, store, { stored: {
		savedAt: 2 ** 53 - 1,
		location,
		probe: void 0
	} }, {
		createSecrets,
		runAttempt: 1
	});
}
async function replace(world, store, credential, before) {
	let began = world.now(), begun = { tell: () => {} }, prepared = before;
	for (let round = 1;; round++) {
		let result = await storeGeneration(world, store, credential, prepared, void 0, begun, () => began + 18e4);
		if (result.type === "stored") return result;
		if (result.type === "failed") throw result.failure;
		if (round === 3) {
			let what = result.deleted ? "deletes" : "writes";
			throw new Failure("could-not-store", `Somebody else ${what} ${store.location.label} again and again.`, "Stop the workflow that does it, and store the login then.");
		}
		prepared = await proveWritable(world, store, !0);
	}
}
async function openLoginTargets(world, inputs, provider, force) {
	if (inputs.targets.length === 0) return;
	let targets = targetsFor(inputs.targets, provider), other = targets.find(({ name }) => !isProgram(name));
	if (other) throw usage(`\`--targets\` of a sign-in are programs with files of their own, not \`${other.name}\`.`);
	let slot = {
		provider,
		account: inputs.account
	};
	if (!force) for (let { name } of targets) isProgram(name) && await refuseTaken(world, inputs, name, slot);
	let kept = {}, runner = {
		...world.runner,
		state: (name, value) => void (kept[name] = value)
	}, sealingKey = new Secret(Buffer.from(world.random(32)).toString("base64url")), open = await openTargets({
		...world,
		runner
	}, {
		...inputs,
		targets,
		sealingKey,
		cleanup: !1
	}, slot), removeBackups = () => {
		for (let { backup } of JSON.parse(kept.files ?? "[]")) backup && world.files.remove(backup);
	};
	return {
		async write(credential) {
			let paths = await open.write(credential);
			removeBackups();
			for (let shadow of open.shadows()) world.runner.warning(shadow);
			return paths;
		},
		discard: open.discard
	};
}
async function refuseTaken(world, inputs, name, slot) {
	let target = await loadTarget(name), path = target?.path(whereabouts(world, inputs)), doc = path === void 0 ? void 0 : target?.parse(world.files.read(path) ?? ""), section = doc && target?.get(doc, slot);
	if (section && target?.read(section, slot, world.now())) throw new Failure("input-invalid", `${path} holds a login already.`, "Replace it with `--force`, or name another place in `--home`.");
}
async function openPlaces(world, inputs, provider, person, given) {
	let output = given.output ?? await chooseOutput(world, inputs, provider, person), screen = output === "-", copies = copiesOf(inputs, output);
	if (copies.length > 1 && !given.longLived && given.how !== "token") throw sayCopies(copies);
	if (copies.length === 0 && !given.longLived && given.how !== "token") throw sayLost();
	let secret = await openSecret(world, inputs, person);
	inputs.accessTo.length > 0 && person.tell("Places with `:access` get their part when the login is renewed for the first time.");
	let targets = await openLoginTargets(world, inputs, provider, given.force), file;
	try {
		file = output === void 0 || screen ? void 0 : openLoginFile(world, output, given.force);
	} catch (error) {
		throw targets?.discard(), error;
	}
	return {
		async deliver(credential) {
			if (credential.refresh && copies.length > 1) throw sayCopies(copies);
			if (credential.refresh && copies.length === 0) throw sayLost();
			let envelope = sealEnvelope(credential, void 0), only = (copy, work) => orRescue(world, credential, copy, envelope, work);
			file && await only(file.path, () => file?.write(`${envelope}\n`));
			let confirmed = !1;
			secret && await only(secret.label, async () => ({confirmed} = await secret.store(credential)));
			let kept = file?.path ?? secret?.label, files = [], fill = async () => void (files = await targets?.write(credential) ?? []);
			return kept === void 0 ? await only("the programs' files", fill) : await fill().catch((error) => Promise.reject(sayHalf(kept, asFailure(error)))), {
				envelope: screen ? envelope : void 0,
				file: file?.path,
				secret: secret?.label,
				confirmed,
				files
			};
		},
		discard() {
			file?.discard(), targets?.discard();
		}
	};
}
function copiesOf(inputs, output) {
	return [
		output === "-" ? "stdout" : output && "--output",
		inputs.rotateTo && "--rotate-to",
		inputs.writeRefreshToken && inputs.targets.length > 0 && "--targets with --write-refresh-token"
	].filter((copy) => typeof copy == "string");
}
const sayCopies = (copies) => usage(`${copies.join(" and ")} would each hold a copy that can be renewed, and the first that is renewed ends the other. Name one of them.`), sayLost = () => usage("Programs' files get the access token alone, which lives for hours, and what renews it would be lost. Name a place for it too (`--output`, `--rotate-to`), or let the program renew its login (`--write-refresh-token`).");
async function chooseOutput(world, inputs, provider, person) {
	if (inputs.rotateTo || inputs.targets.length > 0) return;
	let { terminal, log } = listener();
	if (!terminal && !(log && isCi(world.env))) return "-";
	let name = `${provider}-login.txt`;
	if (!person.present) throw usage("Say where the login goes: `--output FILE`, `--rotate-to`, `--targets`, or a pipe. (`--output -` prints it, wherever that may end.)");
	let answer = await person.ask(`On this screen the login could be read by others. Which file is to hold it, for your user alone?
(Enter: ${name}; \`-\` shows it here all the same.) `);
	if (answer === void 0) throw (await import("./say3.mjs")).sayCancelled();
	return answer || name;
}
const sayHalf = (kept, { code, message, advice }) => new Failure(code, `You signed in, and the login stands in ${kept}. But ${message}`, advice);
async function run(call) {
	let provider = providerOf(call.positionals[0]), world = {
		...call.world,
		env: {
			...call.world.env,
			INPUT_PROVIDER: provider
		}
	};
	await maskInputs(world);
	let inputs = readInputs(world.env, "post"), options = readOptions({
		...call,
		world
	}, provider, inputs), stop = new AbortController(), cancel = () => stop.abort(), hold = world.holdSignals();
	process.on("SIGINT", cancel).on("SIGTERM", cancel).on("SIGHUP", cancel);
	let person = meet(call.terminal, () => void process.emit("SIGINT", "SIGINT"));
	try {
		let places = await openPlaces(world, inputs, provider, person, options);
		try {
			let credential = await obtain({
				world,
				inputs,
				provider,
				person,
				options,
				stop: stop.signal
			});
			inputs.validate === "online" && options.how !== "token" && await (await import("./with-token.mjs")).checkOnline(world, inputs, credential);
			let delivered = await places.deliver(credential);
			if (await orRescue(world, credential, "stdout", delivered.envelope, () => tell(call.terminal, person, credential, delivered)), hold.signalledAt() !== void 0) throw (await import("./say3.mjs")).sayCancelled("Stopped by a signal, after the login was stored.");
		} finally {
			places.discard();
		}
		return EXIT.done;
	} finally {
		person.leave(), process.off("SIGINT", cancel).off("SIGTERM", cancel).off("SIGHUP", cancel), hold.release();
	}
}
async function obtain(wanted) {
	let { world, inputs, person, options, stop } = wanted, { request: settings } = inputs;
	if (stop.aborted) throw (await import("./say3.mjs")).sayCancelled();
	if (options.how === "token") {
		let { readToken } = await import("./with-token.mjs");
		return readToken(world, inputs, person, world.env.INPUT_VALIDATE !== "none");
	}
	if (options.how === "device") {
		let { openaiDeviceSignIn } = await import("./openai-device-sign-in.mjs"), { signInByDevice } = await import("./device-flow.mjs");
		return signInByDevice({
			world,
			person,
			device: openaiDeviceSignIn(settings),
			settings,
			stop
		});
	}
	if (options.how === "official") {
		let signedIn = await byOfficialProgram(wanted);
		if (signedIn) return signedIn;
	}
	let { signInByBrowser } = await import("./web-flow.mjs");
	return signInByBrowser({
		world,
		person,
		signIn: await signInOf(wanted),
		settings,
		browser: options.browser,
		stop
	});
}
async function byOfficialProgram({ world, person, options, stop }) {
	let { signInByClaude, whyNot } = await import("./official.mjs"), { longLived, browser } = options, official = {
		world,
		person,
		longLived,
		browser,
		stop
	}, why = whyNot(official), credential = why === void 0 ? await signInByClaude(official) : void 0;
	return credential || person.tell(`oauth-creds signs in by itself: ${why ?? "Claude Code is not installed here"}.`), credential;
}
async function signInOf({ provider, inputs: { request: settings }, options }) {
	let { authorizeUrl, redirectUri, longLived } = options;
	if (provider === "anthropic") return (await import("./anthropic-sign-in.mjs")).anthropicSignIn(settings, {
		authorizeUrl,
		longLived
	});
	if (provider === "openai") return (await import("./openai-sign-in.mjs")).openaiSignIn(settings, { authorizeUrl });
	let { customSignIn } = await import("./custom-sign-in.mjs");
	return customSignIn(settings, {
		authorizeUrl: authorizeUrl ?? "",
		redirectUri
	});
}
function tell(terminal, person, credential, delivered) {
	let { envelope, file, secret, confirmed, files } = delivered, { provider, kind, plan, accessExpiresAt, loginExpiresAt } = credential, end = (ms) => ms === void 0 ? void 0 : isoTime(ms), where = [
		secret && `stored in ${secret}${confirmed ? " (confirmed)" : ""}`,
		file && `kept in ${file} (for your user alone)`,
		files.length > 0 && `written to ${files.join(", ")}`
	].filter(Boolean), summary = `Signed in: ${sayLogin(credential)}${where.length > 0 ? `; ${where.join("; ")}` : ""}.`;
	if (envelope !== void 0 && person.tell(summary), kind === "login" && person.tell("It is for CI alone: a program on another machine that renews it, too, would end it."), !terminal.answer(envelope ?? summary, {
		provider,
		kind,
		plan,
		expiresAt: end(accessExpiresAt),
		loginExpiresAt: end(loginExpiresAt),
		file,
		secret,
		confirmed: secret === void 0 ? void 0 : confirmed,
		files,
		credential: envelope
	}) && envelope !== void 0) throw new Failure("file-failed", "The program that was to take it has ended.", "Look at what that program says.");
}
export { run };
