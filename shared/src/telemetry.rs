//! Messages between device and workstation: types only. Framing (COBS) is the firmware's and the receiver's affair.
