/**
 * Keeps packs: builds what changed in slices between which bids go on, writes each version down, and swaps the directory whole.
 * What cannot be read is told of, and the version before it goes on. This file is one thing: the life of a pack from its
 * source to the directory.
 */
import { hash } from 'node:crypto';
import { RoaringBitmap32 } from 'roaring-wasm';
import { CLASS_PACKS } from '../campaign/audience/classes.ts';
import type { DirectoryPack } from '../campaign/audience/directory.ts';
import { buildDirectory } from '../campaign/audience/directory.ts';
import { KeyTable } from '../campaign/audience/key-table.ts';
import type { Audience, RulePack, UploadPack } from '../campaign/audience/kinds.ts';
import type { Members } from '../campaign/audience/members.ts';
import { membersOf, treeMembers } from '../campaign/audience/members.ts';
import type { PackDirectory, PackFacts, PackSource } from '../campaign/audience/pack.ts';
import { keyNumber, VERSION_DIGITS } from '../campaign/audience/pack.ts';
import type { PeopleRule } from '../campaign/audience/rule.ts';
import { eventsIn, holdsFor } from '../campaign/audience/rule.ts';
import { leavesOf } from '../campaign/audience/tree.ts';
import type { KeyOf, Upload } from '../campaign/audience/upload.ts';
import { UploadReader, UploadRefusedError } from '../campaign/audience/upload.ts';
import type { DerivedTags, Profile, ProfilesReading } from '../core/profile.ts';
import type { Zone } from '../core/zone.ts';
import type { Artefact, ArtefactHead } from '../state/artefact.ts';
import { ARTEFACT_FAULTS } from '../state/artefact.ts';
import type { ArtefactStore } from '../state/artefacts.ts';
import type { LookalikeReport } from './lookalike.ts';
import { lookalike } from './lookalike.ts';
import type { PackRefusal, PackState } from './pack-state.ts';
import { packState } from './pack-state.ts';

/** Something about a pack that its owner should know. */
export interface PackFault {
  readonly packId: string;
  readonly file: string;
  /** From 1; 0 for the pack as a whole. */
  readonly row: number;
  readonly code: string;
  readonly message: string;
}

export interface PackNeeds {
  readonly keyOf: KeyOf;
  readonly store: ArtefactStore;
  /** The bytes of a file beside the book, piece by piece; undefined where it cannot be read. */
  chunksOf(file: string): Iterable<Uint8Array> | undefined;
  /** Changes with the file. */
  stampOf(file: string): string;
  readonly profiles: ProfilesReading;
  tagsOf(
    profile: Profile,
    derived: DerivedTags | undefined,
    nowMs: number,
  ): readonly { readonly name: string; readonly value: string | number }[];
  fault(fault: PackFault): void;
  /** Lets whatever waits go first. */
  pause(): Promise<void>;
}

export type MembersMode = 'replace' | 'add' | 'remove';

export interface TakeOptions {
  /** Names the form of the list by its ending: .csv, .tsv, .ndjson, or .txt for one id a line. */
  readonly file?: string;
  /** Only read and checked. */
  readonly isTrial?: boolean;
}

export interface TakenMembers {
  readonly facts: PackFacts;
  readonly upload: Upload;
}

interface Kept {
  readonly facts: PackFacts;
  readonly definition: string;
  readonly members: Members;
  readonly hashed: 'none' | 'sha256';
}

/** Before the first were built. */
export const NO_PACKS: PackDirectory = {
  packs: [],
  packsOf: () => [],
  versionOf: (packId) => `${packId}@unknown`,
};

/** Rules, classes and look-alikes are worked out anew so often; also when a day ends that a rule counts. */
const REFRESH_MS = 15 * 60_000;
const PEOPLE_A_SLICE = 200;
/** Some two milliseconds with ten rules. */
const PEOPLE_A_STEP = 500;
/** A pass over everybody begins when so many were looked at singly. */
const LIVE_MAX = 100_000;
/** Entered in the table, or found in it, between two pauses. */
const KEYS_A_SLICE = 5_000;
/** A keyed hash takes 5 µs: of short ids these are some hundred, and two milliseconds at the most. */
const BYTES_A_SLICE = 4_096;
/** Keys of the table that nobody is behind any more, before it is made anew. */
const WASTE_MAX = 2;

export class PackKeeper {
  readonly #needs: PackNeeds;
  #table = new KeyTable();
  #kept = new Map<string, Kept>();
  #reports = new Map<string, LookalikeReport>();
  #audiences: readonly Audience[] = [];
  #zone: Zone | undefined;
  #directory: PackDirectory = NO_PACKS;
  #refreshedMs = Number.NEGATIVE_INFINITY;
  #isRefreshing = false;
  /** What is new of people since a pass over everybody; each entry with the number of the pass under way or done. */
  readonly #live = new Map<number, { readonly packs: readonly string[]; readonly pass: number }>();
  #pass = 0;
  #passDone = 0;
  /** The directory that bids have had since the last step. */
  #inUse: PackDirectory = NO_PACKS;
  /** Packs whose list is being taken. */
  readonly #taking = new Set<string>();
  /** Packs whose newest version could not be taken, so that an older one goes on. */
  readonly #refusals = new Map<string, PackRefusal>();
  #nextExpiryMs = Number.POSITIVE_INFINITY;
  /** Whoever is in some pack, when this was last counted. */
  #everybody: Members = new RoaringBitmap32();
  /** One change at a time: each begins when the one before it has ended. */
  #turn: Promise<unknown> = Promise.resolve();
  #refreshing: Promise<void> | undefined;

  constructor(needs: PackNeeds) {
    this.#needs = needs;
  }

  get directory(): PackDirectory {
    return this.#directory;
  }

  /** Bytes of the table of ids; bitmaps and lists come on top. */
  get tableBytes(): number {
    return this.#table.bytes;
  }

  report(packId: string): LookalikeReport | undefined {
    return this.#reports.get(packId);
  }

  /** How every pack stands, by id. */
  states(nowMs: number): PackState[] {
    const known = new Set(this.#kept.keys());
    return this.#directory.packs.map((facts) => {
      const isWorkedOut = facts.source !== 'upload' && facts.source !== 'exchange_segments';
      const isTaken = this.#taking.has(facts.id);
      return packState(
        {
          facts,
          isCounted: known.has(facts.id) || this.#isCounted(facts.id, known),
          isBuilding: isTaken || (isWorkedOut && this.#isRefreshing),
          refusal: this.#refusals.get(facts.id),
          refreshedMs: isWorkedOut ? this.#refreshedMs : facts.createdMs,
          everyMs: isWorkedOut ? REFRESH_MS : undefined,
          lookalike: this.#reports.get(facts.id),
        },
        nowMs,
      );
    });
  }

  /** Of a tree, where every pack that it names is. */
  #isCounted(packId: string, within: ReadonlySet<string>): boolean {
    if (within.has(packId)) return true;
    const tree = this.#audiences.find(({ id }) => id === packId);
    return (
      tree?.source === 'tree' && leavesOf(tree.expression).every((leaf) => this.#isCounted(leaf, within))
    );
  }

  /**
   * Takes the packs of a book; resolves when the directory has them. What did not change is not built again.
   * @throws Error where the members of a pack cannot be known and no version of before is there.
   */
  use(audiences: readonly Audience[], zone: Zone, nowMs: number): Promise<void> {
    return this.#inTurn(async () => {
      const kept = new Map<string, Kept>();
      const unknown: string[] = [];
      for (const audience of audiences) {
        if (audience.source !== 'upload') continue;
        const pack = await this.#uploaded(audience, zone, nowMs);
        if (pack) kept.set(audience.id, pack);
        else unknown.push(`${audience.id}: its members cannot be read from ${audience.file}`);
      }
      const before = this.#kept;
      if (unknown.length > 0) {
        disposeOf(kept, before);
        throw new Error(unknown.join('\n'));
      }
      this.#audiences = audiences;
      this.#zone = zone;
      // What is worked out from profiles goes on until it is worked out anew, so that it keeps its version and its date.
      for (const id of workedOut(audiences)) {
        const pack = before.get(id);
        if (pack && !kept.has(id) && pack.facts.source !== 'upload') kept.set(id, pack);
      }
      this.#kept = kept;
      disposeOf(before, kept);
      // The pass that follows looks at everybody.
      this.#needs.profiles.takeTouched(Number.POSITIVE_INFINITY);
      await this.#refresh(nowMs);
    });
  }

  /** Begins what is due; nothing waits for a long pass. Whoever calls it hands the directory to bids next. */
  step(nowMs: number): void {
    // What came before a pass began is in its directory; until bids have that one, they need what came.
    if (this.#inUse === this.#directory) {
      for (const [key, live] of this.#live) if (live.pass < this.#passDone) this.#live.delete(key);
    }
    this.#inUse = this.#directory;
    const isDue =
      nowMs - this.#refreshedMs >= REFRESH_MS || nowMs >= this.#nextExpiryMs || this.#live.size >= LIVE_MAX;
    if (!isDue || this.#refreshing || !this.#zone) return;
    this.#refreshing = this.#inTurn(() => this.#refresh(nowMs)).finally(() => {
      this.#refreshing = undefined;
    });
    this.#refreshing.catch((error: unknown) => {
      this.#needs.fault({ packId: '', file: '', row: 0, code: 'refresh', message: String(error) });
    });
  }

  /**
   * Looks again at people of whom something new is known: whoever has just bought is in the packs of buyers, and in none of those
   * who did not, long before everybody is looked at again.
   */
  follow(nowMs: number): void {
    const room = LIVE_MAX - this.#live.size;
    const people = this.#needs.profiles.takeTouched(Math.min(PEOPLE_A_STEP, room));
    const ruled = this.#audiences.filter(
      (audience) =>
        audience.source === 'rule' && (this.#expiryOf(audience) ?? Number.POSITIVE_INFINITY) > nowMs,
    ) as RulePack[];
    if (ruled.length === 0) return;
    for (const person of people) {
      const known = this.#personOf(person, nowMs);
      const packs = known ? ruled.filter(({ rule }) => holdsFor(rule, known, nowMs)) : [];
      this.#live.set(keyNumber(person), { packs: packs.map(({ id }) => id), pass: this.#pass });
    }
  }

  /** Resolves when nothing is being built. */
  async settled(): Promise<void> {
    await this.#turn.catch(() => undefined);
  }

  /**
   * Takes a list that is sent. It is read whole, while other changes go on, before anything of it counts; then it has its turn.
   * @throws UploadRefusedError where the list cannot be taken.
   */
  async takeMembers(
    audience: UploadPack,
    mode: MembersMode,
    chunks: AsyncIterable<Uint8Array>,
    nowMs: number,
    { file = 'list.csv', isTrial = false }: TakeOptions = {},
  ): Promise<TakenMembers> {
    const form = { idSpace: audience.idSpace, hashed: audience.hashed, file };
    const reader = new UploadReader(form, this.#needs.keyOf);
    for await (const chunk of chunks) await this.#push(reader, chunk);
    const upload = reader.end();
    const facts = this.#kept.get(audience.id)?.facts;
    if (isTrial && facts) return { facts, upload };
    return this.#inTurn(async () => {
      this.#taking.add(audience.id);
      try {
        return { facts: await this.#apply(audience, mode, upload, nowMs), upload };
      } finally {
        this.#taking.delete(audience.id);
      }
    });
  }

  async #apply(given: UploadPack, mode: MembersMode, upload: Upload, nowMs: number): Promise<PackFacts> {
    // The book may have changed while the list was read.
    const audience = this.#audiences.find(({ id }) => id === given.id);
    if (audience?.source !== 'upload' || audience.idSpace !== given.idSpace)
      throw new UploadRefusedError({
        row: 0,
        code: 'pack_changed',
        message: 'was meant for a pack that is not there any more, or takes other ids now',
      });
    const before = this.#kept.get(audience.id);
    const listed = await this.#members(upload.keys);
    let members = listed;
    if (mode === 'add' && before) members = RoaringBitmap32.or(before.members, listed);
    if (mode === 'remove')
      members = before ? RoaringBitmap32.andNot(before.members, listed) : new RoaringBitmap32();
    if (members !== listed) listed.dispose();
    const checksum =
      mode === 'replace'
        ? upload.checksum
        : digestOf(`${before?.facts.checksum ?? ''}\0${mode}\0${upload.checksum}`);
    const isHashed = mode === 'remove' ? before?.hashed === 'sha256' : upload.hashed === 'sha256';
    const pack: Kept = {
      definition: this.#definitionOf(audience),
      members,
      hashed: isHashed || (mode === 'add' && before?.hashed === 'sha256') ? 'sha256' : 'none',
      facts: this.#factsOf(audience, checksum, members.size, nowMs, this.#expiryOf(audience)),
    };
    try {
      await this.#needs.store.keep(await this.#artefactOf(pack));
    } catch (error) {
      members.dispose();
      throw error;
    }
    this.#kept.set(audience.id, pack);
    this.#refusals.delete(audience.id);
    await this.#swap();
    before?.members.dispose();
    return pack.facts;
  }

  /**
   * Takes somebody out of every pack, in memory and on disk. A pack has an artefact at every moment: the one in force is replaced by the
   * one without them, and those before it go.
   */
  forget(pseudonyms: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const numbers = pseudonyms.map((text) => this.#table.find(keyNumber(text))).filter((n) => n >= 0);
      for (const text of pseudonyms) this.#live.delete(keyNumber(text));
      const replaced: Members[] = [];
      for (const [id, pack] of this.#kept) {
        if (!numbers.some((number) => pack.members.has(number))) continue;
        const members = pack.members.clone();
        for (const number of numbers) members.remove(number);
        const left = { ...pack, members, facts: { ...pack.facts, size: members.size } };
        // In memory only when it is on disk: a repeat of the call finds by memory what is still to be done.
        if (pack.facts.source === 'upload') await this.#needs.store.keepAlone(await this.#artefactOf(left));
        this.#kept.set(id, left);
        replaced.push(pack.members);
      }
      if (replaced.length > 0) await this.#swap();
      for (const members of replaced) members.dispose();
    });
  }

  /** Number of a key in the members of packs; negative where none has it. */
  numberOf(key: number): number {
    return this.#table.find(key);
  }

  /** Members known by id: of a tree, those that its packs make. A copy; undefined for what only requests decide. */
  membersOf(packId: string): Members | undefined {
    const kept = this.#kept.get(packId);
    if (kept) return kept.members.clone();
    const tree = this.#audiences.find(({ id }) => id === packId);
    return tree?.source === 'tree' ? this.#treeMembers(tree.expression, new Set([packId])) : undefined;
  }

  async #uploaded(audience: UploadPack, zone: Zone, nowMs: number): Promise<Kept | undefined> {
    const definition = this.#definitionOf(audience);
    const known = this.#kept.get(audience.id);
    const expiresMs = this.#expiryOf(audience, zone);
    if (known?.definition === definition) return { ...known, facts: { ...known.facts, expiresMs } };
    const { artefact, refused } = await this.#needs.store.newest(audience.id, nowMs);
    this.#refusals.delete(audience.id);
    for (const { file, fault } of refused)
      this.#refuse(audience.id, file, { row: 0, code: fault, message: ARTEFACT_FAULTS[fault] });
    if (artefact?.head.definition === definition)
      return this.#restored(artefact.head, artefact.keys, expiresMs);
    if (audience.file === undefined)
      return {
        definition,
        members: await this.#members(new Float64Array()),
        hashed: 'none',
        facts: this.#factsOf(audience, digestOf(''), 0, nowMs, expiresMs),
      };
    const upload = await this.#readFile(audience, audience.file);
    // The version of before goes on where the new one cannot be taken.
    if (!upload)
      return known ?? (artefact ? this.#restored(artefact.head, artefact.keys, expiresMs) : undefined);
    const pack: Kept = {
      definition,
      members: await this.#members(upload.keys),
      hashed: upload.hashed,
      facts: this.#factsOf(audience, upload.checksum, upload.keys.length, nowMs, expiresMs),
    };
    await this.#needs.store.keep(await this.#artefactOf(pack));
    this.#refusals.delete(audience.id);
    return pack;
  }

  async #readFile(audience: UploadPack, file: string): Promise<Upload | undefined> {
    const reader = new UploadReader({ ...audience, file }, this.#needs.keyOf);
    try {
      const chunks = this.#needs.chunksOf(file);
      if (!chunks)
        throw new UploadRefusedError({ row: 0, code: 'unreadable_pack', message: 'cannot be read' });
      for (const chunk of chunks) await this.#push(reader, chunk);
      const upload = reader.end();
      for (const bad of upload.passedOver) this.#tell(audience.id, file, bad);
      return upload;
    } catch (error) {
      if (!(error instanceof UploadRefusedError)) throw error;
      this.#refuse(audience.id, file, error);
      return undefined;
    }
  }

  async #push(reader: UploadReader, chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.length; from += BYTES_A_SLICE) {
      reader.push(chunk.subarray(from, from + BYTES_A_SLICE));
      await this.#needs.pause();
    }
  }

  #refuse(packId: string, file: string, fault: { row: number; code: string; message: string }): void {
    this.#refusals.set(packId, { file, row: fault.row, message: fault.message });
    this.#tell(packId, file, fault);
  }

  async #restored(head: ArtefactHead, keys: Float64Array, expiresMs: number | undefined): Promise<Kept> {
    const { packId: id, version, checksum = version, size, createdMs, definition, hashed = 'none' } = head;
    const facts: PackFacts = { id, checksum, version, size, source: 'upload', createdMs, expiresMs };
    return { definition, hashed, facts, members: await this.#members(keys) };
  }

  /** Rules, classes, look-alikes, and then the directory. */
  async #refresh(nowMs: number): Promise<void> {
    this.#isRefreshing = true;
    try {
      await this.#workOut(nowMs);
    } finally {
      this.#isRefreshing = false;
    }
  }

  async #workOut(nowMs: number): Promise<void> {
    const pass = ++this.#pass;
    if (this.#table.size > 100_000 && this.#table.size > WASTE_MAX * this.#living()) await this.#compact();
    const { profiles } = this.#needs;
    const ruled = [
      ...CLASS_PACKS,
      ...this.#audiences.flatMap((audience) => (audience.source === 'rule' ? [audience] : [])),
    ];
    const found = await this.#ruled(
      ruled.map(({ rule }) => rule),
      nowMs,
    );
    for (const [index, pack] of ruled.entries())
      await this.#replace(pack, Uint32Array.from(found[index]!), nowMs);
    const lookalikes = this.#audiences.filter(({ source }) => source === 'lookalike');
    if (lookalikes.length > 0) await this.#countEverybody();
    for (const audience of lookalikes) {
      if (audience.source !== 'lookalike') continue;
      const seed = this.membersOf(audience.seed);
      const alike = await this.#run(
        lookalike(
          audience,
          seed,
          profiles,
          (person) => this.#table.find(keyNumber(person)),
          nowMs,
          this.#factsThatMade(audience.seed),
        ),
      );
      seed?.dispose();
      this.#reports.set(audience.id, alike.report);
      const numbers = alike.people.map((person) => this.#table.add(keyNumber(person)));
      await this.#replace(audience, Uint32Array.from(numbers), nowMs);
    }
    this.#refreshedMs = nowMs;
    await this.#swap(nowMs);
    this.#passDone = pass;
  }

  #factsThatMade(packId: string): readonly string[] {
    const seed = this.#audiences.find(({ id }) => id === packId);
    return seed?.source === 'rule' ? eventsIn(seed.rule) : [];
  }

  /** One pass over everybody, whatever the number of rules. */
  async #ruled(rules: readonly PeopleRule[], nowMs: number): Promise<number[][]> {
    const { profiles } = this.#needs;
    const found = rules.map((): number[] => []);
    for (let from: number | undefined = 0; from !== undefined; ) {
      const page: ReturnType<ProfilesReading['page']> = profiles.page(from, PEOPLE_A_SLICE);
      for (const person of page.people) {
        const ruled = this.#personOf(person, nowMs);
        if (!ruled) continue;
        let number: number | undefined;
        rules.forEach((rule, index) => {
          if (!holdsFor(rule, ruled, nowMs)) return;
          number ??= this.#table.add(keyNumber(person));
          found[index]!.push(number);
        });
      }
      from = page.next;
      await this.#needs.pause();
    }
    return found;
  }

  #personOf(person: string, nowMs: number) {
    const { profiles, tagsOf } = this.#needs;
    const profile = profiles.profileOf(person);
    if (!profile) return undefined;
    let tags: ReadonlyMap<string, string | number> | undefined;
    return {
      profile,
      tag: (name: string) => {
        tags ??= new Map(
          tagsOf(profile, profiles.derivedOf(person), nowMs).map((tag) => [tag.name, tag.value]),
        );
        return tags.get(name);
      },
    };
  }

  /** The version of a pack over profiles is that of its members: the same people, the same version. */
  async #replace(
    pack: { readonly id: string; readonly source: PackSource; readonly expires?: string | undefined },
    numbers: Uint32Array,
    nowMs: number,
  ): Promise<void> {
    const members = await this.#run(membersOf(numbers));
    const checksum = hash('sha256', members.serialize('portable'), 'hex');
    const expiresMs = this.#expiryOf(pack);
    const before = this.#kept.get(pack.id);
    const createdMs = before?.facts.checksum === checksum ? before.facts.createdMs : nowMs;
    this.#kept.set(pack.id, {
      definition: '',
      members,
      hashed: 'none',
      facts: this.#factsOf(pack, checksum, members.size, createdMs, expiresMs),
    });
    before?.members.dispose();
  }

  /** Builds the directory of what is kept, and puts it in the place of the one in use. */
  async #swap(nowMs = this.#refreshedMs): Promise<void> {
    const inForce = (expiresMs: number | undefined): boolean => expiresMs === undefined || expiresMs > nowMs;
    const packs: DirectoryPack[] = [];
    const before = new Map(this.#directory.packs.map((facts) => [facts.id, facts]));
    // What is defined as it was is as old as it was.
    const dated = (pack: DirectoryPack): DirectoryPack => {
      const known = before.get(pack.facts.id);
      return known?.checksum === pack.facts.checksum
        ? { ...pack, facts: { ...pack.facts, createdMs: known.createdMs } }
        : pack;
    };
    this.#nextExpiryMs = Number.POSITIVE_INFINITY;
    const audiences = new Map(this.#audiences.map((audience) => [audience.id, audience]));
    for (const { facts, members, hashed } of this.#kept.values()) {
      const audience = audiences.get(facts.id);
      const list =
        audience?.source === 'upload'
          ? { list: { idSpace: audience.idSpace, hashed: hashed === 'sha256' } }
          : undefined;
      if (!inForce(facts.expiresMs)) packs.push({ facts: { ...facts, size: 0 } });
      else packs.push({ facts, members: () => members.toUint32Array(), ...list });
      if (facts.expiresMs !== undefined && inForce(facts.expiresMs))
        this.#nextExpiryMs = Math.min(this.#nextExpiryMs, facts.expiresMs);
    }
    await this.#countEverybody();
    for (const audience of this.#audiences) {
      if (audience.source === 'exchange_segments')
        packs.push(
          dated({
            facts: this.#factsOf(audience, digestOf([...audience.segments].sort().join('\n')), 0, nowMs),
            segments: audience.segments,
          }),
        );
      if (audience.source !== 'tree') continue;
      packs.push(dated(this.#treePack(audience, nowMs)));
      await this.#needs.pause();
    }
    this.#directory = await this.#run(buildDirectory(packs, this.#table, this.#needs.keyOf, this.#live));
  }

  async #countEverybody(): Promise<void> {
    const everybody = new RoaringBitmap32();
    for (const { members } of this.#kept.values()) {
      everybody.orInPlace(members);
      await this.#needs.pause();
    }
    this.#everybody.dispose();
    this.#everybody = everybody;
  }

  #treePack(audience: Extract<Audience, { source: 'tree' }>, nowMs: number): DirectoryPack {
    const members = this.#treeMembers(audience.expression, new Set([audience.id]));
    const expiresMs = this.#expiryOf(audience);
    const facts = this.#factsOf(
      audience,
      digestOf(JSON.stringify(audience.expression)),
      members?.size ?? 0,
      nowMs,
      expiresMs,
    );
    members?.dispose();
    return expiresMs !== undefined && expiresMs <= nowMs ? { facts } : { facts, tree: audience.expression };
  }

  /** `not` takes away from everybody who is in some pack. */
  #treeMembers(tree: Parameters<typeof treeMembers>[0], within: ReadonlySet<string>): Members | undefined {
    const leaf = (id: string): Members | undefined => {
      const kept = this.#kept.get(id);
      if (kept) return kept.members;
      const inner = this.#audiences.find((audience) => audience.id === id);
      return inner?.source === 'tree' && !within.has(id)
        ? this.#treeMembers(inner.expression, new Set([...within, id]))
        : undefined;
    };
    return treeMembers(tree, leaf, this.#everybody);
  }

  #factsOf(
    { id, source }: { readonly id: string; readonly source: PackSource },
    checksum: string,
    size: number,
    createdMs: number,
    expiresMs?: number | undefined,
  ): PackFacts {
    return { id, checksum, version: checksum.slice(0, VERSION_DIGITS), size, source, createdMs, expiresMs };
  }

  #expiryOf({ expires }: { readonly expires?: string | undefined }, zone = this.#zone): number | undefined {
    return expires === undefined ? undefined : zone?.bounds(expires).endMs;
  }

  #definitionOf({ idSpace, hashed, file }: UploadPack): string {
    const stamp = file === undefined ? '' : this.#needs.stampOf(file);
    return digestOf(JSON.stringify([idSpace, hashed, file, stamp])).slice(0, VERSION_DIGITS);
  }

  async #artefactOf({ facts, definition, hashed, members }: Kept): Promise<Artefact> {
    const { id: packId, checksum, version, source, createdMs, size, expiresMs } = facts;
    const expiry = expiresMs === undefined ? {} : { expiresMs };
    const keys = await this.#run(keysIn(this.#table, members.toUint32Array()));
    return {
      head: { packId, version, checksum, source, definition, createdMs, size, hashed, ...expiry },
      keys,
    };
  }

  /** Numbers of the keys, which are entered where they are new. */
  async #members(keys: Float64Array): Promise<Members> {
    const table = this.#table;
    return this.#run(
      (function* () {
        const numbers = new Uint32Array(keys.length);
        for (let index = 0; index < keys.length; index++) {
          numbers[index] = table.add(keys[index]!);
          if (index % KEYS_A_SLICE === KEYS_A_SLICE - 1) yield;
        }
        return yield* membersOf(numbers);
      })(),
    );
  }

  #living(): number {
    let sum = 0;
    for (const { members } of this.#kept.values()) sum += members.size;
    return sum;
  }

  /** Leaves behind the keys that no pack has any more. The directory in use goes on with the table it was built on. */
  async #compact(): Promise<void> {
    const old = this.#table;
    this.#table = new KeyTable();
    for (const [id, pack] of this.#kept) {
      const keys = await this.#run(keysIn(old, pack.members.toUint32Array()));
      this.#kept.set(id, { ...pack, members: await this.#members(keys) });
      pack.members.dispose();
    }
  }

  async #run<Value>(work: Generator<undefined, Value>): Promise<Value> {
    for (;;) {
      const { done, value } = work.next();
      if (done === true) return value;
      await this.#needs.pause();
    }
  }

  #tell(
    packId: string,
    file: string,
    { row, code, message }: { row: number; code: string; message: string },
  ) {
    this.#needs.fault({ packId, file, row, code, message });
  }

  #inTurn<Value>(act: () => Promise<Value>): Promise<Value> {
    const turn = this.#turn.catch(() => undefined).then(act);
    this.#turn = turn;
    return turn;
  }
}

/** Frees members that the other map has no more: bitmaps lie outside of the heap that the collector watches. */
function disposeOf(packs: ReadonlyMap<string, Kept>, but: ReadonlyMap<string, Kept>): void {
  for (const [id, { members }] of packs) if (but.get(id)?.members !== members) members.dispose();
}

function* keysIn(table: KeyTable, numbers: Uint32Array): Generator<undefined, Float64Array> {
  const keys = new Float64Array(numbers.length);
  for (let index = 0; index < keys.length; index++) {
    keys[index] = table.key(numbers[index]!);
    if (index % KEYS_A_SLICE === KEYS_A_SLICE - 1) yield;
  }
  return keys;
}

function workedOut(audiences: readonly Audience[]): string[] {
  const own = audiences.filter(({ source }) => source === 'rule' || source === 'lookalike');
  return [...CLASS_PACKS, ...own].map(({ id }) => id);
}

function digestOf(text: string): string {
  return hash('sha256', text, 'hex');
}
