import { Ct as Failure } from "./common.mjs";
import { t as asFailure } from "./as-failure2.mjs";
async function orRescue(world, credential, copy, envelope, work) {
	try {
		await work();
	} catch (error) {
		if (envelope === void 0) throw error;
		let { message, advice } = asFailure(error), path = keepLogin(world, envelope), what = `You signed in, but the login could not be stored in ${copy}. ${message}`;
		throw path === void 0 ? new Failure("could-not-store", `${what} No other folder takes it either: it is lost.`, `${advice} Sign in again.`) : new Failure("could-not-store", `${what} It is kept in ${path}, for your user alone.`, `${advice} Then store it (\`oauth-creds login ${credential.provider} --with-token --rotate-to … < ${path}\`, or \`gh secret set NAME < ${path}\`), and remove the file.`);
	}
}
function keepLogin({ files, env }, envelope) {
	let { mkdtempSync } = process.getBuiltinModule("node:fs"), { homedir, tmpdir } = process.getBuiltinModule("node:os"), { join } = process.getBuiltinModule("node:path");
	for (let folder of [
		tmpdir(),
		env.HOME || homedir(),
		process.cwd()
	]) try {
		let path = join(mkdtempSync(join(folder, "oauth-creds-login-")), "login.txt");
		return files.openNew(path).commit(`${envelope}\n`), path;
	} catch {}
}
export { orRescue as n, keepLogin as t };
