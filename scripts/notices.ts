/** Writes dist/THIRD-PARTY-NOTICES.txt: the licence of every package that the built chunks contain. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rolldown } from "rolldown";
import config from "../rolldown.config.ts";

const build = await rolldown(config as Parameters<typeof rolldown>[0]);
const { output } = await build.generate({ ...(config as { output: object }).output });
await build.close();

const packages = new Set<string>();
for (const chunk of output) {
  if (chunk.type !== "chunk") continue;
  for (const [id, module] of Object.entries(chunk.modules)) {
    const name = /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id)?.[1];
    if (name && module.renderedLength > 0) packages.add(name.replaceAll("\\", "/"));
  }
}

const texts = [...packages].toSorted().map((name) => {
  const folder = `node_modules/${name}`;
  const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as Record<string, string>;
  return `${name} ${version} (${license})\n\n${licenceText(folder, name)}\n`;
});
writeFileSync("dist/THIRD-PARTY-NOTICES.txt", texts.join(`\n${"-".repeat(80)}\n\n`));
console.log(`notices: ${[...packages].toSorted().join(", ")}`);

/** A package that ships no licence file says it in its README, or in its package.json; else the build fails. */
function licenceText(folder: string, name: string): string {
  const names = readdirSync(folder);
  const own = names.find((file) => /^licen[cs]e(\.(md|txt))?$/i.test(file));
  if (own) return readFileSync(`${folder}/${own}`, "utf8").trim().replaceAll("\r\n", "\n");
  const about = names.find((file) => /^readme\.md$/i.test(file));
  const readme = about ? readFileSync(`${folder}/${about}`, "utf8") : "";
  const section = /#+\s*licen[sc]e\s*\n([\s\S]+?)(?=\n#|$)/i.exec(readme)?.[1];
  if (section) return section.trim().replaceAll("\r\n", "\n");
  const { license, author, repository } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as {
    license?: string;
    author?: string | { name?: string };
    repository?: string | { url?: string };
  };
  const by = typeof author === "object" ? author.name : author;
  const where = typeof repository === "object" ? repository.url : repository;
  if (!license || !by || !where) throw new Error(`${name} ships no licence text`);
  return `This package ships no licence text. Its package.json says: ${license}; ${by}; ${where}`;
}
