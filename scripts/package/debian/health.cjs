// Exits with 0 if the server of the data folder answers that it is alive, else with 1: for the checks of containers.
const socketPath = `${process.env.CORDWOOD_DATA || '/var/lib/cordwood'}/control.sock`;
require('node:http')
  .get({ socketPath, path: '/health/live', timeout: 5000 }, ({ statusCode }) =>
    process.exit(statusCode === 200 ? 0 : 1),
  )
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
