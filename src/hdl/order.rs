//! Topological order of a graph of dense ids, with the cycle if there is one.

/// Ids reachable from `roots`, operands first; roots in their order.
///
/// # Errors
/// A cycle: each id depends on the next, the first id repeated at the end.
pub(crate) fn topological(
    count: usize,
    roots: impl IntoIterator<Item = u32>,
    operands: impl Fn(u32) -> Vec<u32>,
) -> Result<Vec<u32>, Vec<u32>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; count];
    let mut order = vec![];
    let mut stack: Vec<(u32, Vec<u32>, usize)> = vec![];
    for root in roots {
        if state[root as usize] != State::New {
            continue;
        }
        state[root as usize] = State::Open;
        stack.push((root, operands(root), 0));
        while let Some((id, args, next)) = stack.last_mut() {
            let Some(&arg) = args.get(*next) else {
                state[*id as usize] = State::Done;
                order.push(*id);
                stack.pop();
                continue;
            };
            *next += 1;
            match state[arg as usize] {
                State::Done => {}
                State::New => {
                    state[arg as usize] = State::Open;
                    stack.push((arg, operands(arg), 0));
                }
                State::Open => {
                    let from = stack.iter().position(|(i, ..)| *i == arg).unwrap_or(0);
                    let mut cycle: Vec<u32> = stack[from..].iter().map(|(i, ..)| *i).collect();
                    cycle.push(arg);
                    return Err(cycle);
                }
            }
        }
    }
    Ok(order)
}
