/**
 * OKX V5: positions, balance and configuration of an account as its JSON texts. One cross-margined account in net mode.
 */
import type { PaperAccount, Position } from "../../account.ts";
import { averagePx, money, notional, plain, price, size, wireOrderId } from "./render.ts";

export function renderPosition(position: Position, markPxTicks: number, lever: number): string {
  const { listing, netLots, costUnits, updatedMs } = position;
  const uplE8 = (BigInt(Math.round(markPxTicks * 2) * netLots - 2 * costUnits) * listing.unitE8) / 2n;
  const notionalUnits = Math.abs(Math.round(markPxTicks) * netLots);
  const entry = averagePx(listing, costUnits, netLots, "");
  const margin = money((BigInt(notionalUnits) * listing.unitE8) / BigInt(lever));
  const mark = plain(listing.tick.formatFraction(markPxTicks));
  return (
    `{"instType":"SWAP","instId":"${listing.symbol}","mgnMode":"cross","posId":"${wireOrderId(1)}","posSide":"net","pos":"${size(listing, netLots)}",` +
    `"availPos":"","avgPx":"${entry}","nonSettleAvgPx":"","bePx":"${entry}","markPx":"${mark}","idxPx":"${mark}","last":"${price(listing, listing.lastPxTicks)}",` +
    `"upl":"${money(uplE8)}","uplRatio":"0","uplLastPx":"${money(uplE8)}","uplRatioLastPx":"0","lever":"${lever}","liqPx":"","imr":"${margin}","margin":"",` +
    `"mgnRatio":"","mmr":"0","liab":"","liabCcy":"","interest":"","tradeId":"","notionalUsd":"${notional(listing, notionalUnits)}","optVal":"",` +
    `"pendingCloseOrdLiabVal":"","adl":"1","bizRefId":"","bizRefType":"","ccy":"${listing.quote}","posCcy":"","baseBal":"","baseBorrowed":"",` +
    `"baseInterest":"","quoteBal":"","quoteBorrowed":"","quoteInterest":"","spotInUseAmt":"","spotInUseCcy":"","clSpotInUseAmt":"","maxSpotInUseAmt":"",` +
    `"usdPx":"","deltaBS":"","deltaPA":"","gammaBS":"","gammaPA":"","thetaBS":"","thetaPA":"","vegaBS":"","vegaPA":"","realizedPnl":"0","settledPnl":"",` +
    `"pnl":"0","fee":"0","fundingFee":"0","liqPenalty":"0","closeOrderAlgo":[],"cTime":"${updatedMs}","uTime":"${updatedMs}"}`
  );
}

export function renderBalance(account: PaperAccount, ccy: string, nowMs: number): string {
  const amount = money(account.balanceE8);
  return (
    `{"adjEq":"","availEq":"${amount}","borrowFroz":"","delta":"","deltaLever":"","deltaNeutralStatus":"","details":[{"accAvgPx":"","autoLendAmt":"",` +
    `"autoLendMtAmt":"","autoLendStatus":"","availBal":"${amount}","availEq":"${amount}","borrowFroz":"","cashBal":"${amount}","ccy":"${ccy}",` +
    `"clSpotInUseAmt":"","coinUsdPrice":"1","colBorrAutoConversion":"0","collateralEnabled":false,"collateralRestrict":false,"crossLiab":"",` +
    `"disEq":"${amount}","eq":"${amount}","eqUsd":"${amount}","fixedBal":"0","frozenBal":"0","imr":"0","interest":"","isoEq":"0","isoLiab":"",` +
    `"isoUpl":"0","liab":"","maxLoan":"","maxSpotInUse":"","maxSpotInUseAmt":"","mgnRatio":"","mmr":"0","notionalLever":"0","openAvgPx":"",` +
    `"ordFrozen":"0","rewardBal":"0","smtSyncEq":"0","spotBal":"","spotCopyTradingEq":"0","spotInUseAmt":"","spotIsoBal":"0","spotUpl":"",` +
    `"spotUplRatio":"","stgyEq":"0","totalPnl":"","totalPnlRatio":"","twap":"0","uTime":"${nowMs}","upl":"0","uplLiab":""}],"imr":"","isoEq":"0",` +
    `"mgnRatio":"","mmr":"","notionalUsd":"","notionalUsdForBorrow":"","notionalUsdForFutures":"","notionalUsdForOption":"",` +
    `"notionalUsdForSwap":"","ordFroz":"","totalEq":"${amount}","uTime":"${nowMs}","upl":""}`
  );
}

/** `perm` is what the API key may do; `posMode` whether long and short are one position. */
export function renderAccountConfig(uid: string, canWithdraw: boolean): string {
  return (
    `{"acctLv":"2","acctStpMode":"cancel_maker","autoLoan":false,"ctIsoMode":"automatic","enableSpotBorrow":false,"feeType":"0","greeksType":"PA",` +
    `"ip":"","kycLv":"3","label":"paper","level":"Lv1","levelTmp":"","liquidationGear":"-1","mainUid":"${uid}","mgnIsoMode":"automatic","opAuth":"1",` +
    `"perm":"read_only,${canWithdraw ? "withdraw," : ""}trade","posMode":"net_mode","roleType":"0","settleCcy":"","settleCcyList":[],` +
    `"spotBorrowAutoRepay":false,"spotOffsetType":"","spotRoleType":"0","spotTraderInsts":[],"stgyType":"0","traderInsts":[],"type":"0","uid":"${uid}"}`
  );
}
