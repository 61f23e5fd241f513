import{deleteEntry as i}from"./index.js";await i();
