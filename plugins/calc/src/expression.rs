//! Evaluates an expression while it reads it: what binds tighter is computed first (Pratt's way).

use crate::functions;
use crate::number::{self, Arithmetic, Number};
use crate::token::{Token, tokens};

/// Parentheses, signs and powers within each other.
const DEPTH: usize = 100;

// How tight an operator binds. A sign binds less than a power: -2^2 is -4.
const SUM: u8 = 1;
const PRODUCT: u8 = 2;
const SIGN: u8 = 3;
const POWER: u8 = 4;

/// The value of an expression; the error says what is wrong with it, and where.
pub fn evaluate(text: &str, arithmetic: &mut Arithmetic) -> Result<Number, String> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, at: 0, depth: 0, arithmetic };
    let value = reader.expression(0)?;
    match reader.next() {
        None => Ok(value),
        Some((Token::Sign(')'), place)) => Err(format!("the ) at character {place} closes nothing")),
        Some((Token::Sign(','), place)) => {
            Err(format!("the , at character {place} separates nothing: write 1000, not 1,000, and 1.5, not 1,5"))
        }
        Some((token, place)) => Err(format!(
            "an operator is missing before {} at character {place}; a multiplication is written 2*x",
            shown(token)
        )),
    }
}

struct Reader<'a, 'b> {
    tokens: &'b [(Token<'a>, usize)],
    at: usize,
    depth: usize,
    arithmetic: &'b mut Arithmetic,
}

impl<'a> Reader<'a, '_> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).map(|(token, _)| *token)
    }

    fn next(&mut self) -> Option<(Token<'a>, usize)> {
        let next = self.tokens.get(self.at).copied();
        self.at += 1;
        next
    }

    /// What operators join that bind tighter than `least`.
    fn expression(&mut self, least: u8) -> Result<Number, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("the expression is nested more than {DEPTH} deep"));
        }
        let mut value = self.operand()?;
        while let Some(Token::Sign(sign)) = self.peek() {
            let binding = match sign {
                '+' | '-' => SUM,
                '*' | '/' | '%' => PRODUCT,
                '^' => POWER,
                _ => break,
            };
            if binding <= least {
                break;
            }
            self.at += 1;
            // The right side of a power takes further powers: 2^3^2 is 2^9.
            let right = self.expression(if sign == '^' { POWER - 1 } else { binding })?;
            let arithmetic = &mut *self.arithmetic;
            value = match sign {
                '+' => arithmetic.add(&value, &right),
                '-' => arithmetic.subtract(&value, &right),
                '*' => arithmetic.multiply(&value, &right),
                '/' => arithmetic.divide(&value, &right),
                '%' => arithmetic.remainder(&value, &right),
                _ => arithmetic.power(&value, &right),
            }?;
        }
        self.depth -= 1;
        Ok(value)
    }

    /// A number, a constant, a call, something in parentheses or with a sign before it; and factorials behind it.
    fn operand(&mut self) -> Result<Number, String> {
        let Some((token, place)) = self.next() else {
            return Err("something is missing at the end".to_owned());
        };
        let mut value = match token {
            Token::Number(text) => number::parse(text).map_err(|error| format!("{error} (at character {place})"))?,
            Token::Sign('-') => return Ok(-self.expression(SIGN)?),
            Token::Sign('+') => return self.expression(SIGN),
            Token::Sign('(') => {
                let value = self.expression(0)?;
                self.close(place)?;
                value
            }
            Token::Name(name) if self.peek() == Some(Token::Sign('(')) => {
                let arguments = self.arguments()?;
                let value = functions::call(name, &arguments, self.arithmetic);
                value.map_err(|error| format!("{error} (at character {place})"))?
            }
            Token::Name(name) => functions::constant(name, self.arithmetic)
                .ok_or_else(|| format!("{} (at character {place})", functions::unknown(name)))?,
            Token::Sign(sign) => {
                let hint = if self.after_percent() { "; % is the remainder: write 15/100 for 15 percent" } else { "" };
                return Err(format!("a number is missing before {sign} at character {place}{hint}"));
            }
        };
        while self.peek() == Some(Token::Sign('!')) {
            self.at += 1;
            value = functions::factorial(&value, self.arithmetic)?;
        }
        Ok(value)
    }

    fn after_percent(&self) -> bool {
        let before = self.at.checked_sub(2).and_then(|at| self.tokens.get(at));
        before.is_some_and(|(token, _)| *token == Token::Sign('%'))
    }

    fn arguments(&mut self) -> Result<Vec<Number>, String> {
        let opened = self.next().map_or(0, |(_, place)| place);
        let mut arguments = Vec::new();
        if self.peek() == Some(Token::Sign(')')) {
            self.at += 1;
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression(0)?);
            if self.peek() != Some(Token::Sign(',')) {
                self.close(opened)?;
                return Ok(arguments);
            }
            self.at += 1;
        }
    }

    fn close(&mut self, opened: usize) -> Result<(), String> {
        match self.next() {
            Some((Token::Sign(')'), _)) => Ok(()),
            Some((token, place)) => {
                Err(format!("expected an operator or ) before {} at character {place}", shown(token)))
            }
            None => Err(format!("the ( at character {opened} is not closed")),
        }
    }
}

fn shown(token: Token<'_>) -> String {
    match token {
        Token::Number(text) | Token::Name(text) => text.chars().take(40).collect(),
        Token::Sign(sign) => sign.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        let mut arithmetic = Arithmetic::new(20);
        let value = evaluate(text, &mut arithmetic).expect(text);
        arithmetic.finish(value).0
    }

    fn complaint(text: &str) -> String {
        evaluate(text, &mut Arithmetic::new(20)).expect_err(text)
    }

    #[test]
    fn operators_bind_as_in_mathematics() {
        for (text, expected) in [
            ("1+2*3", "7"),
            ("(1+2)*3", "9"),
            ("10-4-3", "3"),
            ("2^3^2", "512"),
            ("-2^2", "-4"),
            ("2^-1", "0.5"),
            ("2*-3", "-6"),
            ("--2", "2"),
            ("7%3", "1"),
            ("-7 % 3", "-1"),
            ("7.5 % -2", "1.5"),
            ("3!^2", "36"),
            ("-3!", "-6"),
            ("12/4/3", "1"),
            ("2 ** 3 × 2", "16"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, expected) in [
            ("", "something is missing at the end"),
            ("1+", "something is missing at the end"),
            ("(1+2", "the ( at character 1 is not closed"),
            ("1)", "the ) at character 2 closes nothing"),
            ("2pi", "an operator is missing before pi at character 2; a multiplication is written 2*x"),
            ("*2", "a number is missing before * at character 1"),
            ("1/0", "division by zero"),
            ("5 % 0", "division by zero"),
            ("0^-1", "division by zero: 0 to a negative power"),
            (".", ". is no number (at character 1)"),
            ("max(1 2)", "expected an operator or ) before 2 at character 7"),
        ] {
            assert_eq!(complaint(text), expected, "{text}");
        }
        assert!(complaint("1,000").contains("write 1000"));
        assert!(complaint("200 * (15%)").contains("write 15/100"));
        assert!(complaint("nope + 1").starts_with("nope is not known"));
        assert!(complaint("nope(1)").starts_with("nope is not known"));
    }

    #[test]
    fn depth_and_magnitude_are_bounded() {
        for text in ["(".repeat(1_000), "-".repeat(1_000), "2^".repeat(500) + "2"] {
            assert!(complaint(&text).contains("nested more than 100 deep"));
        }
        for text in ["10^10001", "1e10001", "9e9999*9e9999", "2^1000000000", "1000!!", "10^10^10", "exp(1e6)"] {
            let error = complaint(text);
            assert!(
                ["beyond 10^10000", "too large", "must be", "at most 24000"].iter().any(|part| error.contains(part)),
                "{text}: {error}"
            );
        }
        assert!(complaint("1e-10001").contains("closer to 0"));
    }
}
