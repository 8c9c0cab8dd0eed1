/**
 * Where in HTML each slot of a template stands, found once when it is loaded (HTML Standard, section 13.2.5, tokenization). The
 * reader knows the states that matter and no tree; where markup could be read in two ways, slots are refused rather than
 * guessed. The file is one thing: that reader.
 */
import { addressPlace } from './address-place.ts';
import type { Placed } from './place.ts';
import { MARKUP } from './place.ts';
import { scriptPlace } from './script-place.ts';
import { stylePlace } from './style-place.ts';
import type { Slot } from './text.ts';

export interface MarkupPlaces {
  /** In the order of the slots. */
  readonly places: readonly Placed[];
  /** What the markup ends inside of, where it ends too early. */
  readonly unfinished: string;
}

/** Slots and macros are read as one word each, which stands for whatever comes there. */
export function markupPlaces(html: string, slots: readonly Slot[]): MarkupPlaces {
  const reader = new MarkupReader(html, slots);
  reader.read();
  return { places: reader.places, unfinished: reader.unfinished };
}

/** Beside `{{slot}}`: filled in when the bid is known. */
const MACRO = /\{(clickUrlEncoded|clickUrl|clickTarget|width|height)\}/y;
/** What an address looks like that begins with our click. */
const CLICK_STAND_IN = 'https://click/?t=';
const STAND_IN = 'x';

const SPACE = /[\t\n\f\r ]/;
const LETTER = /[a-z]/i;

/** Text is all that these hold (RCDATA). */
const TEXT_ONLY = new Set(['title', 'textarea']);
const RAW = new Set(['xmp', 'iframe', 'noembed', 'noframes', 'noscript', 'plaintext']);
/** Text between their tags is moved elsewhere. */
const NO_TEXT_INSIDE = new Set([
  'table',
  'tbody',
  'thead',
  'tfoot',
  'tr',
  'colgroup',
  'select',
  'frameset',
  'html',
  'head',
]);
const VOID = new Set([
  'area',
  'base',
  'br',
  'col',
  'embed',
  'hr',
  'img',
  'input',
  'link',
  'meta',
  'param',
  'source',
  'track',
  'wbr',
]);
/** What stands in these decides what is loaded or run. */
const NO_SLOTS_IN_TAG = new Set([
  'base',
  'meta',
  'link',
  'object',
  'embed',
  'applet',
  'param',
  'script',
  'animate',
  'animatemotion',
  'animatetransform',
  'set',
  'frame',
  'portal',
]);
const ADDRESSES = new Set([
  'href',
  'src',
  'action',
  'formaction',
  'poster',
  'data',
  'background',
  'cite',
  'longdesc',
  'xlink:href',
]);
const NO_SLOTS_IN_ATTRIBUTE = new Set([
  'srcdoc',
  'srcset',
  'imagesrcset',
  'ping',
  'archive',
  'codebase',
  'classid',
  'sandbox',
  'allow',
  'is',
  'nonce',
]);

/** Inside `svg` and `math` these are read by other rules than outside. */
const OTHERWISE_IN_FOREIGN = new Set([
  'style',
  'script',
  'title',
  'textarea',
  'desc',
  'foreignobject',
  'annotation-xml',
  ...RAW,
]);

class MarkupReader {
  readonly places: Placed[] = [];
  unfinished = '';
  readonly #html: string;
  readonly #slots: readonly Slot[];
  #at = 0;
  /** Index of the next slot. */
  #next = 0;
  readonly #open: string[] = [];
  #foreign = 0;
  /** Why no slot from here on can be placed. */
  #lost = '';

  constructor(html: string, slots: readonly Slot[]) {
    this.#html = html;
    this.#slots = slots;
  }

  read(): void {
    while (this.#at < this.#html.length) {
      const word = this.#word(() => this.#textPlace());
      if (word !== undefined) continue;
      if (this.#html[this.#at] === '<') this.#markup();
      else this.#at++;
    }
  }

  /**
   * Takes a slot or a macro that begins here, and gives what stands for it. `place` says where a slot would land; the
   * stand-in of a whole address is one.
   */
  #word(place: () => Placed): string | undefined {
    const slot = this.#slots[this.#next];
    if (slot?.offset === this.#at) {
      const placed = this.#lost === '' ? place() : { refused: this.#lost, hint: 'Put it before that.' };
      this.places.push(placed);
      this.#next++;
      this.#at += slot.length;
      const isAddress = 'layers' in placed && placed.layers[0] === 'address';
      return isAddress ? CLICK_STAND_IN : STAND_IN;
    }
    if (this.#html[this.#at] !== '{') return undefined;
    MACRO.lastIndex = this.#at;
    const macro = MACRO.exec(this.#html);
    if (!macro) return undefined;
    this.#at += macro[0].length;
    return macro[1] === 'clickUrl' ? CLICK_STAND_IN : STAND_IN;
  }

  #textPlace(): Placed {
    const inside = this.#open.at(-1) ?? '';
    if (NO_TEXT_INSIDE.has(inside))
      return {
        refused: `stands directly in <${inside}>`,
        hint: 'Put it into a cell, an option or the body.',
      };
    return MARKUP;
  }

  #refuseUntil(end: string, where: string): void {
    const refused = {
      refused: `stands in ${where}`,
      hint: 'Slots may stand in text and in attributes in quotes.',
    };
    while (this.#at < this.#html.length) {
      if (end !== '' && this.#html.startsWith(end, this.#at)) {
        this.#at += end.length;
        return;
      }
      if (this.#word(() => refused) === undefined) this.#at++;
    }
    if (end !== '') this.unfinished = where;
  }

  #markup(): void {
    const after = this.#html[this.#at + 1] ?? '';
    if (this.#html.startsWith('<!--', this.#at)) {
      this.#at += 4;
      // `<!-->` and `<!--->` are comments already ended.
      const ended = /^-?>/.exec(this.#html.slice(this.#at, this.#at + 2));
      if (ended) this.#at += ended[0].length;
      // `--!>` ends one as well, by error; a slot after it would be misplaced.
      else if (this.#html.slice(this.#at).split('-->')[0]!.includes('--!>'))
        this.#lost = 'follows a comment that ends in --!>';
      if (!ended) this.#refuseUntil('-->', 'a comment');
    } else if (after === '!' || after === '?') {
      // Ends at `]]>` inside an svg, at the first `>` elsewhere.
      if (this.#html.startsWith('<![CDATA[', this.#at)) this.#lost = 'follows a CDATA section';
      this.#at += 2;
      this.#refuseUntil('>', 'a declaration');
    } else if (LETTER.test(after)) this.#tag(false);
    else if (after === '/' && LETTER.test(this.#html[this.#at + 2] ?? '')) this.#tag(true);
    else if (after === '/') {
      this.#at += 2;
      this.#refuseUntil('>', 'a declaration');
    } else if (this.#slots[this.#next]?.offset === this.#at + 1) {
      this.#at++;
      this.#word(() => ({
        refused: 'stands in place of a tag',
        hint: 'Write tags out; slots fill texts and attributes.',
      }));
    } else this.#at++;
  }

  #tag(isEnd: boolean): void {
    this.#at += isEnd ? 2 : 1;
    const name = this.#name(/[\t\n\f\r />]/, 'the name of a tag').toLowerCase();
    this.#attributes(name, isEnd);
    if (this.unfinished !== '') return;
    if (isEnd) this.#close(name);
    else this.#enter(name);
  }

  #name(end: RegExp, where: string): string {
    let name = '';
    while (this.#at < this.#html.length && !end.test(this.#html[this.#at]!)) {
      const word = this.#word(() => ({ refused: `stands in ${where}`, hint: 'Write it out.' }));
      name += word ?? this.#html[this.#at++]!;
    }
    return name;
  }

  #attributes(tag: string, isEnd: boolean): void {
    while (this.#at < this.#html.length) {
      const character = this.#html[this.#at]!;
      if (character === '>') {
        this.#at++;
        return;
      }
      if (SPACE.test(character) || character === '/') {
        this.#at++;
        continue;
      }
      // An equals sign first is a part of the name, by error.
      if (character === '=') this.#at++;
      const name = this.#name(/[\t\n\f\r />=]/, 'place of an attribute').toLowerCase();
      this.#skipSpace();
      if (this.#html[this.#at] !== '=') continue;
      this.#at++;
      this.#skipSpace();
      this.#value(tag, name, isEnd);
    }
    this.unfinished = `<${tag}>`;
  }

  #skipSpace(): void {
    while (this.#at < this.#html.length && SPACE.test(this.#html[this.#at]!)) this.#at++;
  }

  #value(tag: string, name: string, isEnd: boolean): void {
    const quote = this.#html[this.#at];
    if (quote !== '"' && quote !== "'") {
      const hint = `Write ${name}="{{…}}".`;
      while (this.#at < this.#html.length && !/[\t\n\f\r >]/.test(this.#html[this.#at]!))
        if (this.#word(() => ({ refused: 'stands in an attribute without quotes', hint })) === undefined)
          this.#at++;
      return;
    }
    this.#at++;
    let before = '';
    while (this.#at < this.#html.length && this.#html[this.#at] !== quote)
      before +=
        this.#word(() =>
          isEnd
            ? { refused: 'stands in an end tag', hint: 'Take it out.' }
            : attributePlace(tag, name, before),
        ) ?? this.#html[this.#at++]!;
    if (this.#at >= this.#html.length) this.unfinished = `the attribute ${name}`;
    this.#at++;
  }

  #enter(name: string): void {
    if (this.#foreign > 0 && OTHERWISE_IN_FOREIGN.has(name)) {
      this.#lost = `follows a <${name}> inside an <svg>`;
      return;
    }
    if (name === 'svg' || name === 'math') this.#foreign++;
    if (!VOID.has(name)) this.#open.push(name);
    if (this.#foreign > 0) return;
    if (name === 'plaintext') this.#refuseUntil('', '<plaintext>');
    else if (name === 'style') this.#raw(name, (before) => stylePlace(before, false, []));
    else if (name === 'script') this.#script();
    else if (TEXT_ONLY.has(name)) this.#raw(name, () => MARKUP);
    else if (RAW.has(name))
      this.#raw(name, () => ({ refused: `stands in <${name}>`, hint: 'Put it into a plain element.' }));
  }

  /** Inside `<!--` a script may go on after its end tag. */
  #script(): void {
    const end = /<\/script[\t\n\f\r />]/i.exec(this.#html.slice(this.#at));
    if (this.#html.slice(this.#at, end ? this.#at + end.index : undefined).includes('<!--'))
      this.#lost = 'stands in or after a script with <!--';
    this.#raw('script', (before) => scriptPlace(before, []));
  }

  #raw(name: string, place: (before: string) => Placed): void {
    const end = new RegExp(`</${name}[\\t\\n\\f\\r />]`, 'iy');
    let before = '';
    while (this.#at < this.#html.length) {
      end.lastIndex = this.#at;
      if (end.test(this.#html)) return;
      before += this.#word(() => place(before)) ?? this.#html[this.#at++]!;
    }
    this.unfinished = `<${name}>`;
  }

  #close(name: string): void {
    if ((name === 'svg' || name === 'math') && this.#foreign > 0) this.#foreign--;
    const opened = this.#open.lastIndexOf(name);
    if (opened >= 0) this.#open.length = opened;
  }
}

function attributePlace(tag: string, name: string, before: string): Placed {
  if (NO_SLOTS_IN_TAG.has(tag) || NO_SLOTS_IN_ATTRIBUTE.has(name))
    return {
      refused: `stands in ${name} of <${tag}>, which decides what is loaded or run`,
      hint: 'Write it out.',
    };
  // Without a semicolon it is one as well, unless more letters or an equals sign follow.
  const references = /&(?!amp;)(?:#|[a-z][a-z0-9]*(?![a-z0-9=]))/i.test(before);
  const isCode = name.startsWith('on') || name === 'style' || ADDRESSES.has(name);
  if (isCode && references)
    return { refused: `stands after a character reference in ${name}`, hint: 'Write the character itself.' };
  const text = before.replaceAll('&amp;', '&');
  if (name.startsWith('on')) return scriptPlace(text, ['markup']);
  if (name === 'style') return stylePlace(text, true, ['markup']);
  if (ADDRESSES.has(name)) return addressPlace(text, ['markup']);
  return MARKUP;
}
