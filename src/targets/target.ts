import type { Credential, ProviderName } from "../credential/credential.ts";

/** A program's file of logins, taken apart. Its shape is the target's own business; it must survive JSON. */
export type Doc = Readonly<Record<string, unknown>>;

/** The part of a file that holds one login. */
export type Section = Readonly<Record<string, unknown>>;

/** Which of a file's logins is meant. */
export interface Slot {
  readonly provider: ProviderName;
  /** The input `account`, where a file has several logins of one provider; `default` otherwise. */
  readonly account: string;
}

/** What decides where a program's file lies. */
export interface Whereabouts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The home folder of the job. */
  readonly home: string;
}

/** What a section is written with. */
export interface Writing {
  /** With the refresh token. Otherwise the section holds the access token only, in the program's own form for it. */
  readonly full: boolean;
  /** ms since 1970. */
  readonly now: number;
}

/**
 * One program whose file we write: where the file lies, and how a login stands in it. Nothing here touches the
 * disk; `file.ts` writes, `post/` reads back and cleans, and `recognise/` reads what people paste, all by this.
 */
export interface FileTarget {
  readonly name: string;
  /** Whose tokens the program can use. */
  readonly providers: readonly ProviderName[];
  /** Absolute path, by the program's own variables and default. With the input `home`, `env` holds none of them. */
  path(where: Whereabouts): string;
  /** Undefined if the program could not read the text either (it is then replaced as a whole). */
  parse(text: string): Doc | undefined;
  print(doc: Doc): string;
  /** The logins that stand in it. */
  slots(doc: Doc): Slot[];
  get(doc: Doc, slot: Slot): Section | undefined;
  /** With this login replaced, or removed if `section` is undefined; everything else as it stands. */
  set(doc: Doc, slot: Slot, section: Section | undefined): Doc;
  write(credential: Credential, writing: Writing): Section;
  /** Undefined if the section holds no token. */
  read(section: Section, slot: Slot, now: number, notice?: (text: string) => void): Credential | undefined;
  /** Whether the program itself has marked this login as ended. */
  ended?(section: Section): boolean;
  /** False if the program never refreshes, so that a refresh token in its file would be exposed for nothing. */
  readonly full: boolean;
  /** What the program makes to keep others from the file while it writes, in the order of taking them. */
  locks?(path: string): readonly Lock[];
  /** Why the program would not use the file, for people, each with what to do. */
  shadows?(where: Whereabouts, read: (path: string) => string | undefined, path: string, slot?: Slot): string[];
}

/** A folder, as the package proper-lockfile makes it, or a file that names its owner, as OpenClaw does. */
export interface Lock {
  readonly path: string;
  /** A folder if left out. */
  readonly kind?: "file";
  /** Without a sign of life for this long its owner is taken for dead; ms. */
  readonly staleMs: number;
}
