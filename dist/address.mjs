import { t as decoded } from "./userinfo.mjs";
function addSecrets(to, env) {
	let [, scheme = "", user = ""] = /^([\w+.-]+):\/\/([^/]*)@/.exec(env["INPUT_LEDGER-REPOSITORY"]?.trim() ?? "") ?? [], [, name = "", password = ""] = /^([^:]*):?(.*)$/s.exec(user) ?? [], isToken = /^https?$/i.test(scheme) && (password === "" || name.length >= 16 && /\d/.test(name));
	for (let secret of [password, isToken ? name : ""]) to.add(secret).add(decoded(secret));
}
export { addSecrets };
