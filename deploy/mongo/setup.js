// Makes the replica set and one user per service, each for its own database only; changes nothing that is right.
const password = encodeURIComponent(process.env.MONGO_ROOT_PASSWORD);
const root = new Mongo(`mongodb://root:${password}@mongo:27017/?directConnection=true`);
const admin = root.getDB("admin");

try {
  admin.adminCommand({ replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] } });
} catch (error) {
  if (error.codeName !== "AlreadyInitialized") throw error;
}

for (let second = 0; !admin.hello().isWritablePrimary; second += 1) {
  if (second === 60) throw new Error("mongo did not become primary within 60 s");
  sleep(1000);
}

for (const service of ["intake", "routing", "claims", "notify", "metrics"]) {
  const user = {
    pwd: process.env[`${service.toUpperCase()}_DB_PASSWORD`],
    roles: [{ role: "readWrite", db: service }],
  };
  if (admin.getUser(service)) admin.updateUser(service, user);
  else admin.createUser({ user: service, ...user });
}
print("replica set and users are there");
