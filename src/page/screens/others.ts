/** The screens beside the search: the page loads their code together, when one of them is first shown. */
export { AccountScreen } from './account.tsx';
export { AlertsScreen } from './alerts.tsx';
export { HostsScreen } from './hosts.tsx';
export { MessageScreen } from './message.tsx';
export { SavedScreen } from './saved.tsx';
export { StreamsScreen } from './streams.tsx';
