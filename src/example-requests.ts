/** Requests to try a bidder with: one of each kind of placement, on a page and in an app, plain enough for every exchange. */

export type ExampleRequest = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly imp: readonly Readonly<Record<string, unknown>>[];
};

const NATIVE = JSON.stringify({
  ver: '1.2',
  assets: [
    { id: 1, required: 1, title: { len: 90 } },
    { id: 2, required: 1, img: { type: 3, wmin: 300, hmin: 157 } },
    { id: 3, required: 0, data: { type: 2, len: 140 } },
  ],
});

const PLACEMENTS = [
  { banner: { format: [{ w: 300, h: 250 }], w: 300, h: 250 } },
  {
    video: {
      mimes: ['video/mp4'],
      minduration: 5,
      maxduration: 60,
      protocols: [2, 3, 5, 6, 7, 8, 11, 12, 13, 14],
      w: 1280,
      h: 720,
      linearity: 1,
    },
  },
  { native: { ver: '1.2', request: NATIVE } },
  { audio: { mimes: ['audio/mpeg'], minduration: 5, maxduration: 60, protocols: [2, 3, 5, 6, 7, 8, 9, 10] } },
] as const;

/** By its number; kinds of placements take turns, and so do a page and an app. */
export function exampleRequest(index: number, currency: string): ExampleRequest {
  const isApp = index % 8 >= 4;
  return {
    id: `example-${index}`,
    at: 1,
    tmax: 300,
    cur: [currency],
    imp: [
      {
        id: '1',
        bidfloor: 0.01,
        bidfloorcur: currency,
        secure: 1,
        ...PLACEMENTS[index % PLACEMENTS.length],
      },
    ],
    ...(isApp
      ? { app: { id: 'a1', bundle: 'com.publisher.app', publisher: { id: 'p1' } } }
      : {
          site: {
            id: 's1',
            domain: 'publisher.example',
            page: 'https://publisher.example/',
            publisher: { id: 'p1' },
          },
        }),
    device: {
      ua: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      ip: '192.0.2.1',
      language: 'en',
      geo: { country: 'USA' },
    },
  };
}
