/**
 * The page's one connection to the host: a WebSocket that comes back by itself.
 * A call made or unanswered while the connection is away waits and is sent again; calls that change something carry a key, so the host
 * runs them once. Views use `useQuery` for reading and `client.call` for everything else. Tested by test/renderer/reconnect.test.ts.
 */
import type { CallName, Client, EventName, Events, Input, Output } from '../src-shared/contract/index.ts';
import { keyFrom, type Hello } from '../src-shared/rpc.ts';
import { connectSocket } from './lib/socket.ts';
import { onLeaving } from './lib/leaving.ts';
import { storageOf } from './lib/storage.ts';
import { createReconnectingClient, type UnansweredCall } from './lib/reconnect.ts';
import { connection } from './lib/connection.svelte.ts';
import { followSave } from './lib/saving.svelte.ts';
import { createUnsavedStore, packUnsaved, saveEach, unpackUnsaved, type UnsavedCall } from './lib/unsaved.ts';
import { unsaved } from './lib/unsaved.svelte.ts';
import { windowId } from './lib/windowId.ts';
import { address, onNewToken } from './lib/windowAddress.ts';

export { connection };

export interface SendOptions {
  signal?: AbortSignal;
  /** Told the cache tags of a query's reply. */
  onTags?: (tags: string[]) => void;
}

export interface PageClient extends Client {
  send<N extends CallName>(name: N, input: Input<N>, options?: SendOptions): Promise<Output<N>>;
}

const keyedCalls: ReadonlySet<string> = new Set(Object.keys(__CHANGING_CALLS__));
const orderedCalls: ReadonlySet<string> = new Set(Object.keys(__CHANGING_CALLS__).filter((name) => __CHANGING_CALLS__[name] === 'command'));
const keptCalls: ReadonlySet<string> = new Set(__KEPT_CALLS__);
const recordCalls: ReadonlySet<string> = new Set(Object.keys(__CHANGING_CALLS__).filter((name) => __CHANGING_CALLS__[name] === 'record'));
const kept = [storageOf(() => localStorage), crypto.randomUUID(), () => Date.now()] as const;
const store = createUnsavedStore(...kept);
const recordStore = createUnsavedStore(...kept, 'records');
/** What the numbers of tracklets, data sets and runs mean, as the host says. */
let numbering: string | undefined;
/** Of the project that this page has read; null before the first greeting. */
let state: Pick<Hello, 'project' | 'numbering' | 'generation'> | null = null;
connection.hasToken = address.token !== null;

const reconnecting = createReconnectingClient({
  connect: () => (address.token === null ? null : connectSocket(socketUrl(), address.token)),
  keyedCalls,
  orderedCalls,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  numbering: () => numbering,
  newKey: () => keyFrom(windowId(), crypto.randomUUID()),
  isOtherState(hello) {
    const { project, numbering, generation } = hello;
    const isOther = state !== null && (state.project !== project || state.numbering !== numbering || state.generation !== generation);
    state ??= { project, numbering, generation };
    if (isOther) {
      // A backup was put back while nobody could tell this window. The token that got it in is to last beyond it.
      address.accepted();
      loadAgain();
    }
    return isOther;
  },
  onUnanswered() {
    keepUnsaved();
    if (isLeaving || areRecordsKept) keepRecords();
  },
  onState(state, hello) {
    if (hello && connection.contract !== null && (hello.contract !== connection.contract || hello.version !== connection.version)) return location.reload();
    connection.state = state;
    connection.failures = state === 'lost' ? connection.failures + 1 : 0;
    if (state === 'refused' && address.fallBack()) reconnecting.retry();
    keepUnsaved();
    if (!hello) return;
    address.accepted();
    connection.project = hello.project;
    numbering = hello.numbering;
    connection.pictures = hello.pictures ?? '';
    findUnsaved(hello.project);
    sendRecordsLeft(hello.project);
    connection.contract = hello.contract;
    connection.version = hello.version;
    connection.clientId = hello.client;
    connection.session = hello.session;
    connection.opened += 1;
  },
  onHeld(reason) {
    connection.held = reason && { message: reason.message, remedy: reason.remedy };
    keepUnsaved();
  },
});

onNewToken(goOn);

function goOn(): void {
  connection.hasToken = true;
  reconnecting.retry();
}

/** Goes on with a token that someone pasted, in this window. */
export function useToken(token: string): void {
  address.use(token);
  goOn();
}

function send<N extends CallName>(name: N, input: Input<N>, options?: SendOptions): Promise<Output<N>> {
  const answer = reconnecting.send(name, input, options);
  // A record is nobody's work: the status bar does not wait for it.
  return keyedCalls.has(name) && __CHANGING_CALLS__[name] !== 'record' ? followSave(answer) : answer;
}

/** Only what a person could also take back is worth offering later: a job or an undo would surprise. */
function unsavedHere(): UnansweredCall[] {
  return reconnecting.unanswered().filter((call) => keptCalls.has(call.name));
}

let isKept = false;
/** While nobody answers, the browser holds what is not saved; with a connection it is a matter of milliseconds, unless the page goes (`now`). */
function keepUnsaved(now = false): void {
  const isAnswered = connection.state === 'open' && connection.held === null && !now;
  if (connection.project === null || (isAnswered && !isKept)) return;
  const calls = unsavedHere();
  const isSafe = store.keep(connection.project, calls);
  isKept = calls.length > 0;
  unsaved.here = isAnswered ? 0 : calls.length;
  unsaved.isKept = isSafe;
}

function findUnsaved(project: string): void {
  const packed = address.takeUnsaved();
  const brought = packed === null ? [] : unpackUnsaved(packed, project);
  // The address no longer holds them: a page that is loaded again finds them in the browser.
  if (brought.length > 0) leave(project, brought);
  const known = new Set(reconnecting.unanswered().map((call) => call.key));
  const calls = new Map([...withoutRoom, ...store.left(project)].map((call) => [call.key, call]));
  unsaved.left = [...calls.values()].filter((call) => keptCalls.has(call.name) && !known.has(call.key));
}

/** What is to be offered and the browser has no room for: it lasts as long as this page. */
let withoutRoom: readonly UnsavedCall[] = [];

/** As a window that is gone would have left them. */
function leave(project: string, calls: readonly UnsavedCall[]): void {
  if (!createUnsavedStore(kept[0], crypto.randomUUID(), kept[2]).keep(project, calls)) withoutRoom = [...withoutRoom, ...calls];
}

/** Loads the page again, which then knows nothing of before but what the browser holds. */
export function loadAgain(): void {
  keepUnsaved(true);
  unsaved.isLeaving = true;
  location.reload();
}

/** The window is going, or may go without another word: what is being recorded is held by the browser until it is answered. */
let isLeaving = false;
let areRecordsKept = false;

function keepRecords(): void {
  if (connection.project === null) return;
  const records = reconnecting.unanswered().filter((call) => recordCalls.has(call.name));
  recordStore.keep(connection.project, records);
  areRecordsKept = records.length > 0;
}

function leaving(): void {
  isLeaving = true;
  keepRecords();
}

onLeaving(leaving);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'hidden') isLeaving = false;
});

/** The host knows a key for a week; after that what had arrived could be counted again. */
const LONGEST_KEPT = 6 * 24 * 3600 * 1000;

/** What windows that are gone had recorded last. A key that had arrived is counted once; one that is refused would be again. */
function sendRecordsLeft(project: string): void {
  const known = new Set(reconnecting.unanswered().map((call) => call.key));
  const records = recordStore.left(project, Date.now() - LONGEST_KEPT).filter((call) => recordCalls.has(call.name) && !known.has(call.key));
  const answers = records.map((call) =>
    reconnecting.send(call.name as 'annotations.addSeen', call.input as Input<'annotations.addSeen'>, { key: call.key, numbering: call.numbering }),
  );
  void Promise.allSettled(answers).then(() => recordStore.forget(project));
}

/** Sends what an earlier window left, in its order. What is refused stays, and the first reason is thrown. */
export async function saveLeft(): Promise<void> {
  const { refused, error } = await saveEach(unsaved.left, sendAgain);
  dropLeft();
  if (refused.length === 0) return;
  unsaved.left = refused;
  if (connection.project !== null) leave(connection.project, refused);
  throw error;
}

function sendAgain({ key, name, input, numbering }: UnsavedCall): Promise<unknown> {
  return followSave(reconnecting.send(name as 'annotations.apply', input as Input<'annotations.apply'>, { key, numbering }));
}

export function dropLeft(): void {
  withoutRoom = [];
  unsaved.left = [];
  if (connection.project !== null) store.forget(connection.project);
}

/** The unsaved changes as a part of the address, for a window of another port; null where there are none or too many. */
export function packedUnsaved(): string | null {
  const calls = unsavedHere();
  return calls.length === 0 || connection.project === null ? null : packUnsaved(connection.project, calls, Date.now());
}

addEventListener('beforeunload', (event) => {
  if ((connection.state !== 'open' || connection.held !== null) && !unsaved.isLeaving && unsavedHere().length > 0) event.preventDefault();
});

export const client: PageClient = {
  send,
  call: send,
  on: <N extends EventName>(event: N, listener: (payload: Events[N]) => void) => reconnecting.on(event, listener),
};

function socketUrl(): string {
  const url = new URL('ws', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  url.search = '';
  return url.href;
}
