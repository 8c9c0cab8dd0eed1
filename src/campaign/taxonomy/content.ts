/**
 * The IAB's content taxonomies, as far as blocks need them: which category of 2.x a category of 1.0 is, and what lies above it.
 * Facts from "Content 1.0 to Content 2.0" (IAB Tech Lab, github.com/InteractiveAdvertisingBureau/Taxonomies, CC BY 3.0); numbers of 2.0
 * below 1000 are kept in 2.1 and 2.2, those above are of vectors that 2.1 took out. IAB24 to IAB26, which no later taxonomy has, and
 * IAB14-8 are mapped nowhere.
 */

/** By first tier of 1.0: the tier's own number, then those of its -1, -2, … in 2.0; 0 for none. */
const FROM_FIRST: Readonly<Record<string, string>> = {
  IAB1: '1014 42 432 201 440 324 338 640',
  IAB2: '1 32 34 30 25 18 8 9 10 1 22 11 22 23 13 27 14 24 15 28 4 3 19 5',
  IAB3: '52 91 102 119 72 121 102 77 78 55 57 58 107',
  IAB4: '123 126 137 395 128 127 129 123 395 130 122 125',
  IAB5: '132 132 133 132 137 137 148 147 147 139 145 146 149 134 136 137',
  IAB6: '186 193 196 194 195 197 198 305 199 190',
  IAB7: '223 225 313 297 288 233 312 300 313 301 313 314 296 287 287 315 289 316 301 309 317 313 318 313 296 234 235 318 301 287 304 228 229 312 301 224 236 301 230 307 310 237 311 293 231 238',
  IAB8: '210 214 215 214 214 211 222 214 217 218 219 214 221 214 214 214 212 213 211',
  IAB9: '239 205 248 249 259 270 250 271 270 260 261 262 251 266 273 266 243 265 239 252 241 253 254 255 239 272 246 256 267 263 680 257',
  IAB10: '274 278 279 274 275 280 634 283 284 276',
  IAB11: '379 379 383 1455 386 379',
  IAB12: '379 382 385 384',
  IAB13: '391 410 405 391 396 411 398 410 412 413 416 414 415',
  IAB14: '186 188 189 186 191 190 198 165 0',
  IAB15: '464 456 465 466 470 244 471 472 469 465 390',
  IAB16: '422 426 423 424 425 427 429 430',
  IAB17:
    '483 518 545 492 549 485 499 486 500 491 510 511 484 511 511 512 497 496 514 516 520 492 518 521 501 519 547 515 525 527 227 530 511 502 503 531 504 505 537 538 539 541 542 506 533',
  IAB18: '552 553 574 552 565 552 561',
  IAB19:
    '596 603 610 608 631 633 635 599 600 601 599 616 611 612 606 623 614 634 619 631 631 599 613 607 624 618 636 599 630 634 605 615 631 629 629 627 615',
  IAB20:
    '653 665 656 672 658 674 675 676 660 677 660 660 678 659 659 659 659 667 668 659 657 660 660 662 671 151 666 659',
  IAB21: '441 442 441 451',
  IAB22: '473 474 474 473 473',
  IAB23: '453 453 457 458 459 459 460 461 462 459 453',
};

/** In 2.x, by parent. */
const CHILDREN: Readonly<Record<string, string>> = {
  1: '2 16 25 27 28 30 32 34',
  2: '3 4 5 8 9 10 11 13 14 15',
  16: '18 19 22 23 24',
  52: '53 90',
  53: '55 57 58 72 77 78',
  90: '91 102 107 119 121 122',
  123: '125 126 127 130',
  127: '128 129',
  132: '133 134 136 137 145 146 147 148 149',
  137: '139',
  150: '151 163',
  163: '165',
  186: '188 189 190 191 192',
  192: '193 194 195 196 197 198 199',
  201: '205',
  210: '211 212 213 214 215 217 218 219 221 222',
  223: '224 225 228 229 230 231 232 238',
  225: '227',
  232: '233 236 237',
  233: '234 235',
  239: '241 243 244 246 248 259 260 261 264 269 273',
  248: '249 250 251 252 253 254 255 256 257',
  261: '262 263',
  264: '265 266 267',
  269: '270 271 272',
  274: '275 276 278 279 280 283 284',
  286: '287',
  287: '288 289 290 296 297 300 301 302 307 309 310 311 312 313 314 315 316 317 318',
  290: '293',
  302: '304 305',
  379: '382 383 384 385 386 390',
  391: '393 396 398 405 410 415 416',
  393: '395',
  410: '411 412 413 414',
  422: '423 424 425 426 427 429 430',
  432: '440',
  441: '442 451',
  453: '456 457 458 459 460 461 462',
  464: '465 466 469 470 471 472',
  473: '474',
  483: '484 485 486 491 492 496 497 498 510 511 512 514 515 516 518 520 521 525 527 530 531 533 537 538 539 541 542 545 547 549',
  498: '499 500 501 502 503 504 505 506',
  518: '519',
  552: '553 560 574',
  560: '561',
  561: '565',
  596: '599 632',
  599: '600 601 602 616 618 619 630 631',
  602: '603 605 606 607 608 610 611 612 613 614 615',
  619: '623 624 627 629',
  632: '633 634 635 636',
  653: '655 664',
  655: '656 657 658 659 660 662',
  664: '665 666 667 668 671 672 674 675 676 677 678',
  1010: '1014',
  1228: '1455',
};

const SECOND = 2;
/** 2.1 and 2.2 took the vectors out. */
const WITHOUT_VECTORS: readonly number[] = [5, 6];
const FIRST_VECTOR = 1000;

const NUMBERS = new Map<string, string>();
for (const [tier, numbers] of Object.entries(FROM_FIRST))
  numbers.split(' ').forEach((number, place) => {
    if (number !== '0') NUMBERS.set(place === 0 ? tier : `${tier}-${place}`, number);
  });
const PARENTS = new Map<string, string>();
for (const [parent, children] of Object.entries(CHILDREN))
  for (const child of children.split(' ')) PARENTS.set(child, parent);

/** A category of one taxonomy in another, both by `cattax`; undefined where nobody says what it is there. */
export function categoryIn(category: string, from: number, to: number): string | undefined {
  if (from === to) return category;
  const isSecond = to === SECOND || WITHOUT_VECTORS.includes(to);
  if (from === 1 && isSecond) {
    const number = NUMBERS.get(category.toUpperCase());
    const isGone = number !== undefined && Number(number) >= FIRST_VECTOR && to !== SECOND;
    return isGone ? undefined : number;
  }
  // Versions of the second taxonomy share their numbers.
  const wasSecond = from === SECOND || WITHOUT_VECTORS.includes(from);
  return wasSecond && isSecond && Number(category) < FIRST_VECTOR ? category : undefined;
}

/** The category and all that lies above it, in its own taxonomy; a number whose parents are not known stands alone. */
export function lineageOf(category: string, taxonomy: number): readonly string[] {
  if (taxonomy === 1) {
    const code = category.toUpperCase();
    const tier = code.split('-')[0]!;
    return tier === code ? [code] : [code, tier];
  }
  const lineage = [category];
  if (taxonomy !== SECOND && !WITHOUT_VECTORS.includes(taxonomy)) return lineage;
  for (let parent = PARENTS.get(category); parent !== undefined; parent = PARENTS.get(parent))
    lineage.push(parent);
  return lineage;
}
