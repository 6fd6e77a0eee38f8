/* SPDX-License-Identifier: MIT */
/*
 * ending.h - how a guest ends its machine once its verdict is out
 *
 * QEMU's isa-debug-exit stops the machine in the middle of whatever it does, so
 * the last bytes must have left the serial port before. tcdrain() does not
 * promise that: it gives the FIFO of the port a time that it computes from the
 * baud rate, and an emulated machine on a busy host takes longer
 * (drivers/tty/serial/serial_core.c: uart_wait_until_sent). So the port is asked.
 */
#pragma once

#include <termios.h>

#if defined(__x86_64__)

#include <sys/io.h>

/* with iobase=0xf4, QEMU ends with (value << 1) | 1: 33 */
#define EXIT_PORT  0xf4
#define EXIT_VALUE 0x10

/* the second serial port; bit 6 of its line status: transmitter empty */
#define STATUS_PORT  (0x2f8 + 5)
#define STATUS_EMPTY 0x40

static inline void drain(int fd)
{
	if (tcdrain(fd) < 0 || ioperm(STATUS_PORT, 1, 1) < 0)
		return;
	while (!(inb(STATUS_PORT) & STATUS_EMPTY))
		;
}

static inline void end_machine(void)
{
	if (ioperm(EXIT_PORT, 1, 1) == 0)
		outb(EXIT_VALUE, EXIT_PORT);
}

#else /* no such device: its power is switched off, which tells less */

#include <sys/ioctl.h>
#include <sys/reboot.h>

#ifndef TIOCSERGETLSR /* include/uapi/asm-generic/ioctls.h */
#define TIOCSERGETLSR 0x5459
#endif
#define LSR_EMPTY 1 /* TIOCSER_TEMT: include/uapi/linux/serial.h */

static inline void drain(int fd)
{
	int status = 0;

	if (tcdrain(fd) < 0)
		return;
	while (ioctl(fd, TIOCSERGETLSR, &status) == 0 && !(status & LSR_EMPTY))
		;
}

static inline void end_machine(void)
{
	(void)reboot(RB_POWER_OFF);
}

#endif
