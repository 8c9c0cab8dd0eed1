/** A question that a part of a screen puts to the bidder, now and again. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, messageOf } from './client.ts';
import { connection } from './state.ts';

export interface Asked<Answer> {
  /** The last one; what was known stays while the bidder is away. */
  readonly answer: Answer | undefined;
  readonly trouble: string | undefined;
  again(): void;
}

/** Nothing is asked without a path, nor by a page that nobody looks at. An answer to an older question is thrown away. */
export function useAnswer<Answer>(path: string | undefined, everyMs?: number): Asked<Answer> {
  const [answer, setAnswer] = useState<Answer | undefined>(undefined);
  const [trouble, setTrouble] = useState<string | undefined>(undefined);
  const latest = useRef(path);
  latest.current = path;
  const ask = async (): Promise<void> => {
    if (path === undefined || document.hidden || connection.value === 'signed_out') return;
    try {
      const next = await get<Answer>(path);
      if (latest.current !== path) return;
      setAnswer(() => next);
      setTrouble(undefined);
    } catch (error) {
      if (latest.current === path) setTrouble(messageOf(error));
    }
  };
  useEffect(() => {
    setAnswer(undefined);
    setTrouble(undefined);
    void ask();
    if (everyMs === undefined) return;
    const timer = setInterval(() => void ask(), everyMs);
    return () => clearInterval(timer);
  }, [path, everyMs]);
  return { answer, trouble, again: () => void ask() };
}
