import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { Admission } from '../../src/server/admission.ts';
import type { HandDoor } from './public-ports.ts';
import { handDoor } from './public-ports.ts';

/** An event loop turned by hand. */
function loop() {
  const clock = manualClock(0);
  let idleMs = 0;
  let ends: (() => void)[] = [];
  const admission = new Admission({
    clock,
    idleMs: () => idleMs,
    afterTurn: (then) => ends.push(then),
  });
  return {
    admission,
    work: (ms: number) => clock.advance(ms),
    rest: (ms: number) => {
      clock.advance(ms);
      idleMs += ms;
    },
    endTurn: () => {
      for (const end of ends.splice(0)) end();
      ends = [];
    },
  };
}

const RULES = { tmaxMs: 100 };
const ask = ({ admission }: ReturnType<typeof loop>, connection: object = {}, rules = RULES) =>
  admission.admit('example', connection, rules);

const many = (turning: ReturnType<typeof loop>, count: number) =>
  Array.from({ length: count }, () => ask(turning));

describe('admission', () => {
  it('answers everybody while a turn is short, and turns away who comes after a quarter of tmax of work', () => {
    const turning = loop();
    const said: (string | undefined)[] = [];
    for (let request = 0; request < 40; request++) {
      said.push(ask(turning));
      turning.work(1);
    }
    expect(said.slice(0, 26)).toEqual(Array(26).fill(undefined));
    expect(said.slice(26)).toEqual(Array(14).fill('shedding_load'));
    turning.endTurn();
    expect(ask(turning)).toBeUndefined();
  });

  it('knows a loop that rested from one that was held up', () => {
    const rested = loop();
    rested.rest(5_000);
    expect(rested.admission.waitedMs()).toBe(0);
    expect(ask(rested)).toBeUndefined();
    const held = loop();
    held.rest(500);
    held.work(70);
    expect(held.admission.waitedMs()).toBe(35);
    expect(many(held, 20)).toEqual([...Array(16).fill(undefined), ...Array(4).fill('shedding_load')]);
    held.endTurn();
    expect(many(held, 20)).toEqual(Array(20).fill(undefined));
  });

  it('turns nobody away where nobody queues, however slow the processor is', () => {
    const slow = loop();
    for (let turn = 0; turn < 50; turn++) {
      slow.work(200);
      expect(many(slow, 8)).toEqual(Array(8).fill(undefined));
      slow.endTurn();
    }
  });

  it('answers after a pause that leaves time enough', () => {
    const held = loop();
    held.work(50);
    expect(many(held, 40)).toEqual(Array(40).fill(undefined));
  });

  it('does not let one connection take what is left of a turn', () => {
    const turning = loop();
    const [greedy, modest] = [{}, {}];
    many(turning, 16);
    turning.work(15);
    const taken = Array.from({ length: 8 }, () => ask(turning, greedy));
    expect(taken.filter((said) => said === undefined).length).toBe(4);
    expect(ask(turning, modest)).toBeUndefined();
    turning.endTurn();
    expect(Array.from({ length: 8 }, () => ask(turning, greedy)).every((said) => said === undefined)).toBe(
      true,
    );
  });

  it('holds an exchange to the agreed rate, and lets it send in a lump what it saved up for a second', () => {
    const turning = loop();
    const rules = { tmaxMs: 100, requestsPerSecond: 10 };
    const taken = () =>
      Array.from({ length: 20 }, () => ask(turning, {}, rules)).filter((said) => said === undefined);
    expect(taken().length).toBe(10);
    expect(ask(turning, {}, rules)).toBe('over_agreed_rate');
    turning.endTurn();
    turning.rest(500);
    expect(taken().length).toBe(5);
    expect(turning.admission.admit('other', {}, rules)).toBeUndefined();
  });

  it('bounds how many wait for something outside, and counts those that left', () => {
    const turning = loop();
    let taken = 0;
    while (ask(turning) === undefined && taken < 1e5) taken++;
    expect(taken).toBe(turning.admission.inFlight);
    expect(taken).toBeLessThan(1e5);
    turning.admission.leave();
    expect(ask(turning)).toBeUndefined();
  });
});

describe('a door under load', () => {
  let door: HandDoor | undefined;
  afterEach(async () => {
    await door?.app.close();
  });

  it('turns away unread with 204, keeps the connection, and counts it', async () => {
    const held = loop();
    door = handDoor({ admission: held.admission, admissionRules: () => RULES });
    await door.app.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect((door.app.server.address() as AddressInfo).port, '127.0.0.1');
    const send = async (body: string): Promise<string> => {
      socket.write(
        `POST /openrtb2/example HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      return chunk.toString().split('\r\n')[0]!;
    };
    expect(await send('{"id":"1"}')).toBe('HTTP/1.1 204 No Content');
    many(held, 16);
    held.work(90);
    expect(await send('{"id":"2"}')).toBe('HTTP/1.1 204 No Content');
    held.endTurn();
    expect(await send('{"id":"3"}')).toBe('HTTP/1.1 204 No Content');
    expect(door.decided.map((said) => said.slice(-3))).toEqual(['1"}', '3"}']);
    expect(door.turnedAway).toEqual(['example shedding_load']);
    expect(held.admission.inFlight).toBe(16);
    socket.destroy();
  });
});
