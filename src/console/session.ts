/** Who looks at the page, and by what: the cookie of a printed link, or a token that lives as long as the tab. */
import { computed, signal } from '@preact/signals';
import { get, openDoor, request, useToken } from './client.ts';

export interface Who {
  readonly who: string;
  readonly role: 'viewer' | 'trader' | 'approver' | 'admin';
  readonly advertisers?: readonly string[];
}

export const who = signal<Who | undefined>(undefined);
const RANK = ['viewer', 'trader', 'approver', 'admin'] as const;

function mayAct(role: Who['role']): boolean {
  return who.value !== undefined && RANK.indexOf(who.value.role) >= RANK.indexOf(role);
}

export const canTrade = computed(() => mayAct('trader'));
export const canApprove = computed(() => mayAct('approver'));
export const isAdmin = computed(() => mayAct('admin'));

/** @throws SignedOutError where nobody is signed in. */
export async function lookWho(): Promise<void> {
  who.value = await get<Who>('api/v1/session');
}

/** @throws SignedOutError for a token that opens nothing. */
export async function signIn(token: string): Promise<void> {
  useToken(token);
  try {
    await lookWho();
  } catch (error) {
    useToken(undefined);
    throw error;
  }
  openDoor();
}

/** The cookie ends here; whoever came by a token, forgets it. */
export async function signOut(): Promise<void> {
  try {
    await request('api/v1/session', { method: 'DELETE' });
  } finally {
    useToken(undefined);
    who.value = undefined;
    location.reload();
  }
}
