import { counter } from '../../base/counters.ts';

/** What is counted of messages that other Cordwood servers forward here. */
export const RELAY_COUNTERS = [
  counter('relay.taken', 'messages', 'Messages taken from relays, each for the first time'),
  counter('relay.again', 'messages', 'Messages of relays that had been taken before, and were dropped'),
  counter(
    'relay.loop',
    'messages',
    'Messages of relays that had been here before, or were passed on too often: dropped',
  ),
  counter('relay.beats', 'messages', 'Reports of relays about themselves, which are not stored'),
  counter('relay.bad', 'messages', 'Messages of relays whose origin cannot be read: stored as they came'),
  counter('relay.set_back', 'messages', 'Messages that showed that a relay was set back to an earlier state'),
  counter(
    'relay.ahead',
    'messages',
    'Messages of relays whose clock is more than a day ahead: stored, also if repeated',
  ),
  counter('relay.untrusted', 'messages', 'Messages that claim an origin, of peers that `relays:` does not list'),
] as const;

export type RelayCounterName = (typeof RELAY_COUNTERS)[number]['name'];
