import { self } from '$app/service-worker';
console.log(self.location.href);
