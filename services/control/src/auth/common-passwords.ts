/**
 * Passwords of eight characters or more that head every published list of leaked ones, in lower case. Short ones are
 * refused by length. A list this small stops the guesses that an attacker makes first; the throttle stops the rest.
 */
const commonPasswords = new Set(
  `
  password password1 password12 password123 password1234 passw0rd p@ssword p@ssw0rd password!
  12345678 123456789 1234567890 12345679 123123123 1234512345 123454321 0123456789 0987654321 987654321 87654321
  11111111 111111111 1111111111 00000000 0000000000 22222222 55555555 66666666 77777777 88888888 99999999 12341234
  11223344 1122334455 12344321 123321123 147258369 789456123 741852963 159753456 1q2w3e4r 1q2w3e4r5t 1qaz2wsx
  1qaz2wsx3edc 1qazxsw2 zaq12wsx zaq1zaq1 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qwertyui qwertyuiop qwerty12 qwerty123
  qwerty1234 qwerty12345 qwertyqwerty qweasdzxc asdfasdf asdfghjk asdfghjkl asdf1234 zxcvbnm1 zxcvbnm123 qazwsxedc
  abcd1234 abcdefgh abcdefghi abc12345 abc123456 a1b2c3d4 aa123456 aa12345678 aaaaaaaa a1234567 a12345678 a123456789
  iloveyou iloveyou1 iloveyou2 ilovegod sunshine sunshine1 princess princess1 football football1 baseball
  baseball1 basketball superman superman1 batman123 pokemon1 starwars whatever computer internet michelle jennifer
  jonathan jordan23 michael1 charlie1 victoria elizabeth alexander samantha danielle liverpool liverpool1 chelsea1
  arsenal1 manchester barcelona juventus corvette mercedes mustang1 trustno1 letmein1 letmein123 welcome1 welcome12
  welcome123 administrator admin123 admin1234 admin12345 administrator1 changeme changeme1 changeme123 default1
  guest123 master123 monkey123 dragon123 shadow123 hello123 helloworld secret123 test1234 test12345 testtest
  testing1 testing123 temp1234 temporary root1234 rootroot toortoor login123 access14 access123 mypassword
  passpass pass1234 pass12345 password01 password00 passwordpassword passord1 motdepasse contraseña passwort
  passwort1 senha123 azertyuiop azerty123 facebook google123 linkedin microsoft samsung1 nintendo minecraft
  blink182 metallica slipknot nirvana1 butterfly strawberry chocolate cocacola blessed1 jesus123 christian
  garfield midnight november december september october1 summer12 winter12 spring12 autumn12 january1
  `
    .split(/\s+/)
    .filter((word) => word !== ""),
);

/** Whether a new password is among the first that an attacker tries, whatever its case. */
export function isCommonPassword(password: string): boolean {
  return commonPasswords.has(password.toLowerCase());
}
