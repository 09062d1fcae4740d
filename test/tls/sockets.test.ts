import './over-tls.ts';
import '../bad-input/sockets.test.ts';
