import { describe, expect, it } from 'vitest';
import { vastInline } from '../../src/openrtb/vast.ts';
import { markupCalls } from '../../src/simulate/markup.ts';

const SHOWN = 'https://bidder.example/t/imp?t=abc&x=1';
const CLICK = 'https://bidder.example/t/click?t=def&y=2';
const own = (url: string) => url.startsWith('https://bidder.example/');

describe('the calls in markup', () => {
  it('of a banner: pictures of ours, and the first link of ours, unescaped', () => {
    const html = [
      `<a target="_blank" href="${CLICK.replaceAll('&', '&amp;')}">`,
      '<img src="https://cdn.example/big.png"></a>',
      `<img width="1" src='${SHOWN.replaceAll('&', '&amp;')}' alt="">`,
      '<a href="https://elsewhere.example/">x</a>',
    ].join('');
    expect(markupCalls(html, 'banner', own)).toEqual({
      impressions: [SHOWN],
      clickTrackers: [],
      clickThrough: CLICK,
    });
  });

  it.each(['2.0', '3.0', '4.0', '4.2'])('of VAST %s as we write it', (version) => {
    const vast = vastInline(version, {
      isAudio: false,
      categories: [],
      companions: [],
      verifications: [],
      adId: 'a',
      title: 'A & B',
      durationSeconds: 15,
      skipAfterSeconds: undefined,
      files: [],
      impressionUrl: SHOWN,
      clickUrl: CLICK,
      servingId: 's',
    });
    expect(markupCalls(vast, 'video', own)).toEqual({
      impressions: [SHOWN],
      clickTrackers: [],
      clickThrough: CLICK,
    });
  });

  it('of VAST with escaped text and click trackers', () => {
    const vast = `<VAST><Impression id="1"> ${SHOWN.replaceAll('&', '&amp;')} </Impression><ClickTracking><![CDATA[${CLICK}]]></ClickTracking><ClickThrough>https://shop.example/</ClickThrough></VAST>`;
    expect(markupCalls(vast, 'audio', own)).toEqual({
      impressions: [SHOWN],
      clickTrackers: [CLICK],
      clickThrough: 'https://shop.example/',
    });
  });

  it('of native: trackers of impressions by picture, the link and its trackers', () => {
    const answer = {
      link: { url: CLICK, clicktrackers: ['https://bidder.example/c2'] },
      imptrackers: [SHOWN],
      eventtrackers: [
        { event: 1, method: 1, url: 'https://bidder.example/e' },
        { event: 2, method: 1, url: 'https://bidder.example/viewable' },
        { event: 1, method: 2, url: 'https://bidder.example/script' },
      ],
    };
    const expected = {
      impressions: [SHOWN, 'https://bidder.example/e'],
      clickTrackers: ['https://bidder.example/c2'],
      clickThrough: CLICK,
    };
    expect(markupCalls(JSON.stringify(answer), 'native', own)).toEqual(expected);
    expect(markupCalls(JSON.stringify({ native: answer }), 'native', own)).toEqual(expected);
  });

  it('of what cannot be read: none', () => {
    const none = { impressions: [], clickTrackers: [], clickThrough: undefined };
    for (const markup of ['', '{', '[]', 'null', '<img src=', '{"link":7,"imptrackers":"x"}']) {
      expect(markupCalls(markup, 'native', own)).toEqual(none);
      expect(markupCalls(markup, 'banner', own)).toEqual(none);
      expect(markupCalls(markup, 'video', own)).toEqual(none);
    }
  });
});
