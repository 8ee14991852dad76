// Says what the Node packages cost. npm runs this after unpacking, and not at all under --ignore-scripts; nothing
// depends on it.
const megabytes = { 'linux-x64': [53, 189], 'linux-arm64': [52, 185], 'win32-x64': [36, 94] }
const size = megabytes[`${process.platform}-${process.arch}`]
if (size !== undefined) {
  console.log(`dcann brings Node 24.21.0 as a package: ${size[0]} MB to download, ${size[1]} MB on disk.`)
}

const servers = {
  'linux-x64': [24, 59],
  'linux-arm64': [23, 59],
  'darwin-arm64': [55, 148],
  'darwin-x64': [55, 148],
  'win32-x64': [41, 109],
}
const server = servers[`${process.platform}-${process.arch}`]
if (server !== undefined) {
  console.log(`For its tests it brings PostgreSQL 18.4: ${server[0]} MB to download, ${server[1]} MB on disk.`)
}
