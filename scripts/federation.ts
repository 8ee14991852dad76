// Prints what the federation runs on.
console.log(`dcann on Node ${process.versions.node}, ${process.platform}-${process.arch}`)
